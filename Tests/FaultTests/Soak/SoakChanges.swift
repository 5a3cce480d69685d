import Foundation
import TestSupport

/// Threads that change the catalog and tell the model.
///
/// Each instance belongs to one thread, so that what it does has an order.
struct SoakChanges {
    let server: SoakServer
    let model: SoakModel
    let ledger: SoakLedger
    /// The answers of the HTTP checks' targets: a file for each instance that is up.
    let backend: SoakBackend

    static let churned = ["churn-0", "churn-1", "churn-2"]
    static let leased = "leased"
    static let flipped = "flipped"
    static let probed = "probed"
    static let imported = "imported"
    static let services = churned + [leased, flipped, probed, imported]

    /// Longer than any delay of the test itself.
    private static let leaseSeconds = 3
    private static let leaseBound = Duration.seconds(leaseSeconds + 10)
    private static let probeBound = Duration.seconds(15)

    /// One instance that always stays, so that each service is known from the beginning on.
    func prepare() throws {
        for service in Self.services where service != Self.flipped && service != Self.probed {
            let address = model.nextAddress()
            model.begin(service, address)
            let body = Self.body(service, "\(service)-anchor", address)
            let reply = try HTTPClientConnection(port: server.httpPort)
                .request("POST", "/register", body)
            guard reply.status == 200 else { throw UnexpectedAnswer(description: "\(reply)") }
            model.acknowledge(service, address)
        }
        // These have no other instances: with all critical the answer is empty, and not NXDOMAIN.
        for service in [Self.flipped, Self.probed] {
            for number in 0..<6 {
                let address = model.nextAddress()
                addresses.set(address, of: "\(service)-\(number)")
                let check =
                    service == Self.flipped
                    ? #"{"TTL": "2h"}"#
                    : #"{"HTTP": "\#(backend.url(number))", "Interval": "1s", "Timeout": "5s"}"#
                let body = """
                    {"Name": "\(service)", "ID": "\(service)-\(number)", "Address": "\(address)",
                     "Port": 80, "Check": \(check)}
                    """
                let reply = try HTTPClientConnection(port: server.httpPort)
                    .request("PUT", "/v1/agent/service/register", body)
                guard reply.status == 200 else { throw UnexpectedAnswer(description: "\(reply)") }
            }
        }
    }

    private let addresses = SoakAddresses()

    init(_ server: SoakServer, _ model: SoakModel, _ ledger: SoakLedger, _ backend: SoakBackend) {
        self.server = server
        self.model = model
        self.ledger = ledger
        self.backend = backend
    }

    func start() -> [BackgroundThread] {
        let bodies: [@Sendable (BackgroundThread) -> Void] = [
            { churn(Self.churned[0], $0) }, { churn(Self.churned[1], $0) },
            { churn(Self.churned[2], $0) }, { drain($0) }, { lease($0) }, { flip($0) },
            { flipProbed($0) }, { keys($0) }, { importAll($0) },
        ]
        return bodies.map { BackgroundThread($0) }
    }

    private static func body(
        _ service: String,
        _ id: String,
        _ address: String,
        _ more: String = ""
    ) -> String {
        #"{"service": "\#(service)", "id": "\#(id)", "host": "\#(address)", "port": 80\#(more)}"#
    }

    /// Registers, registers anew with another address, deregisters: twelve ids a service.
    private func churn(_ service: String, _ thread: BackgroundThread) {
        let client = SoakClient(server, ledger, thread)
        var current: [Int: String] = [:]
        while !thread.isStopping {
            let number = Int.random(in: 0..<12)
            let id = "\(service)-\(number)"
            let old = current[number]
            let leaves = old != nil && Bool.random()
            let new = leaves ? nil : model.nextAddress()
            if let old { model.end(service, old) }
            if let new { model.begin(service, new) }
            let isDone =
                new.map { client.change("POST", "/register", Self.body(service, id, $0)) }
                ?? client.change("DELETE", "/instances/\(id)")
            guard isDone else { return }
            if let old { model.acknowledgeEnd(service, old) }
            if let new { model.acknowledge(service, new) }
            current[number] = new
            usleep(2_000)
        }
    }

    /// Comes and leaves by draining, which takes as long as caches may know it.
    private func drain(_ thread: BackgroundThread) {
        let client = SoakClient(server, ledger, thread)
        let service = Self.churned[0]
        while !thread.isStopping {
            let address = model.nextAddress()
            model.begin(service, address)
            guard client.change("POST", "/register", Self.body(service, "drained", address)) else {
                return
            }
            model.acknowledge(service, address)
            usleep(200_000)
            model.end(service, address, within: .seconds(3))
            guard client.change("DELETE", "/instances/drained?drain=true") else { return }
            model.acknowledgeEnd(service, address)
        }
    }

    private struct Beat {
        var id: String
        var address: String
        /// Heartbeats until it falls silent.
        var left: Int
        var last: ContinuousClock.Instant
    }

    /// Instances that heartbeat for a while and then fall silent.
    private func lease(_ thread: BackgroundThread) {
        let client = SoakClient(server, ledger, thread)
        var beats: [Int: Beat] = [:]
        var turn = 0
        while !thread.isStopping {
            turn += 1
            for number in 0..<6 {
                let id = "leased-\(turn % 1_000)-\(number)"
                let sent = ContinuousClock.now
                if let beat = beats[number] {
                    if beat.left == 0 {
                        model.end(Self.leased, beat.address, within: Self.leaseBound)
                        beats[number] = nil
                    } else {
                        guard let reply = client.request("PUT", "/heartbeat/\(beat.id)") else {
                            return
                        }
                        if reply.status == 200 {
                            model.require(
                                Self.leased,
                                beat.address,
                                until: sent + .seconds(Self.leaseSeconds)
                            )
                        } else if sent - beat.last < .seconds(2) {
                            // A test that was itself too slow says nothing.
                            ledger.noteWrong("a lease that was renewed in time is gone: \(reply)")
                        }
                        beats[number] = Beat(
                            id: beat.id,
                            address: beat.address,
                            left: reply.status == 200 ? beat.left - 1 : 0,
                            last: sent
                        )
                    }
                } else {
                    let address = model.nextAddress()
                    model.begin(Self.leased, address)
                    let body = Self.body(
                        Self.leased,
                        id,
                        address,
                        #", "ttl": "\#(Self.leaseSeconds)s""#
                    )
                    guard client.change("POST", "/register", body) else { return }
                    model.require(
                        Self.leased,
                        address,
                        until: sent + .seconds(Self.leaseSeconds)
                    )
                    model.acknowledge(Self.leased, address)
                    beats[number] = Beat(
                        id: id,
                        address: address,
                        left: .random(in: 2...12),
                        last: sent
                    )
                }
            }
            usleep(500_000)
        }
        for beat in beats.values {
            model.end(Self.leased, beat.address, within: Self.leaseBound)
        }
    }

    /// TTL checks that pass and fail; an acknowledged one is in the next answer.
    private func flip(_ thread: BackgroundThread) {
        let client = SoakClient(server, ledger, thread)
        var isUp = [Bool](repeating: false, count: 6)
        while !thread.isStopping {
            let number = Int.random(in: 0..<6)
            let address = addresses.of("\(Self.flipped)-\(number)")
            let path =
                "/v1/agent/check/\(isUp[number] ? "fail" : "pass")/service:\(Self.flipped)-\(number)"
            if isUp[number] {
                model.end(Self.flipped, address)
            } else {
                model.begin(Self.flipped, address)
            }
            guard client.change("PUT", path) else { return }
            if isUp[number] {
                model.acknowledgeEnd(Self.flipped, address)
            } else {
                model.acknowledge(Self.flipped, address)
            }
            isUp[number].toggle()
            usleep(5_000)
        }
    }

    /// Targets of HTTP checks whose answers change; DNS follows within a bound.
    private func flipProbed(_ thread: BackgroundThread) {
        var isUp = [Bool](repeating: false, count: 6)
        while !thread.isStopping {
            let number = Int.random(in: 0..<6)
            let address = addresses.of("\(Self.probed)-\(number)")
            if isUp[number] {
                model.end(Self.probed, address, within: Self.probeBound)
                backend.set(number, isUp: false)
            } else {
                model.begin(Self.probed, address)
                backend.set(number, isUp: true)
            }
            ledger.noteChange()
            isUp[number].toggle()
            for _ in 0..<20 where !thread.isStopping { usleep(100_000) }
        }
    }

    /// Writes keys and reads them back.
    private func keys(_ thread: BackgroundThread) {
        let client = SoakClient(server, ledger, thread)
        var turn = 0
        while !thread.isStopping {
            turn += 1
            let path = "/v1/kv/soak/\(turn % 100)"
            guard client.change("PUT", path, "value \(turn)"),
                let reply = client.request("GET", "\(path)?raw")
            else { return }
            if reply.body != "value \(turn)" {
                ledger.noteWrong("\(path) holds \(reply.body) and not value \(turn)")
            }
            usleep(10_000)
        }
    }

    /// Twenty instances at once, again and again with other metadata.
    private func importAll(_ thread: BackgroundThread) {
        let client = SoakClient(server, ledger, thread)
        let given = (0..<20).map { _ in model.nextAddress() }
        for address in given { model.begin(Self.imported, address) }
        var turn = 0
        while !thread.isStopping {
            turn += 1
            let lines = given.enumerated().map { number, address in
                Self.body(
                    Self.imported,
                    "imported-\(number)",
                    address,
                    #", "metadata": {"turn": "\#(turn % 10)"}"#
                )
            }
            guard client.change("POST", "/import", lines.joined(separator: "\n") + "\n") else {
                return
            }
            if turn == 1 {
                for address in given { model.acknowledge(Self.imported, address) }
            }
            usleep(100_000)
        }
    }
}
