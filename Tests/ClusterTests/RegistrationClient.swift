import DNSWire
import Foundation
import Synchronization
import TestSupport

/// An owner that registers, changes and deregisters instances with any server.
final class RegistrationClient {
    static let services = ["churn-0", "churn-1"]

    private struct Own {
        var service: String
        var port: UInt16
        var version: Int
    }

    private let number: Int
    private let record: CatalogRecord
    private let connections: ServerConnections
    private let ports: PortNumbers
    private var own: [String: Own] = [:]
    private var count = 0

    init(
        _ number: Int,
        _ servers: [ClusterServer],
        _ record: CatalogRecord,
        _ ports: PortNumbers
    ) {
        self.number = number
        self.record = record
        self.ports = ports
        connections = ServerConnections(servers)
    }

    /// Starts some on threads of their own.
    static func start(
        _ count: Int,
        _ servers: [ClusterServer],
        _ record: CatalogRecord
    ) -> [BackgroundThread] {
        let ports = PortNumbers()
        return (0..<count).map { number in
            BackgroundThread { thread in
                let client = RegistrationClient(number, servers, record, ports)
                while !thread.isStopping {
                    client.step()
                    usleep(.random(in: 0..<60_000))
                }
            }
        }
    }

    private func step() {
        let server = connections.servers[.random(in: connections.servers.indices)]
        if own.count < 4 || (own.count < 12 && Bool.random()) {
            count += 1
            let new = Own(
                service: Self.services[count % Self.services.count],
                port: ports.next(),
                version: 1
            )
            let id = "churn-\(number)-\(count)"
            record.add(id, .init(service: new.service, port: new.port))
            own[id] = new
            register(id, new, server)
        } else if let id = own.keys.randomElement(), var known = own[id] {
            if Bool.random() {
                known.version += 1
                own[id] = known
                register(id, known, server)
            } else {
                own[id] = nil
                deregister(id, server)
            }
        }
    }

    private func register(_ id: String, _ own: Own, _ server: ClusterServer) {
        let body = """
            {"service": "\(own.service)", "id": "\(id)", "host": "10.1.0.1", "port": \(own.port),
             "metadata": {"version": "\(own.version)"}}
            """
        write(id, own.version, server) { connections.request(server, "POST", "/register", body) }
    }

    private func deregister(_ id: String, _ server: ClusterServer) {
        write(id, nil, server) { connections.request(server, "DELETE", "/instances/\(id)") }
    }

    private func write(
        _ id: String,
        _ version: Int?,
        _ server: ClusterServer,
        _ send: () -> ServerConnections.Outcome
    ) {
        let asked = record.now
        let outcome: CatalogRecord.Outcome
        switch send() {
        case .notSent: return refused(id, version)
        case .lost: outcome = .unknown
        case .reply(let reply):
            if reply.saysNotMade { return refused(id, version) }
            // A server that does not know of the instance yet changes nothing.
            if version == nil, reply.status == 404 { return record.addTooEarly() }
            outcome = reply.status == 200 ? .done : .unknown
            if outcome == .unknown, !reply.saysUnknown {
                record.addUnexpected("\(id) at \(server.name): \(reply)")
            }
        }
        record.add(
            .init(
                id: id,
                version: version,
                server: server.number,
                outcome: outcome,
                asked: asked,
                answered: record.now
            )
        )
        // Who does not know what became of it lets it be.
        if outcome == .unknown { own[id] = nil }
    }

    private func refused(_ id: String, _ version: Int?) {
        record.addRefused()
        own[id] = nil
    }
}

/// Ports that no two instances share.
final class PortNumbers: Sendable {
    private let last = Atomic(40_000)

    func next() -> UInt16 {
        UInt16(clamping: last.wrappingAdd(1, ordering: .relaxed).newValue)
    }
}

/// Asks one server for some services again and again, and writes down what it answers.
enum DNSAsker {
    static func start(
        _ server: ClusterServer,
        _ services: [String],
        _ record: CatalogRecord
    ) -> BackgroundThread {
        BackgroundThread { thread in
            while !thread.isStopping {
                for service in services {
                    let asked = record.now
                    // A server that does not run answers nothing, and that is all there is to say.
                    guard let ports = try? server.ports(of: service) else { continue }
                    record.add(
                        .init(
                            server: server.number,
                            service: service,
                            ports: ports,
                            asked: asked,
                            answered: record.now
                        )
                    )
                }
                usleep(20_000)
            }
        }
    }
}

/// Sends heartbeats for some instances to one server after another.
enum Heartbeats {
    static func start(_ ids: [String], _ servers: [ClusterServer]) -> BackgroundThread {
        BackgroundThread { thread in
            let connections = ServerConnections(servers, timeoutMilliseconds: 700)
            var next = 0
            while !thread.isStopping {
                for id in ids {
                    // Whoever is refused tries the next one.
                    for _ in servers {
                        next += 1
                        let server = servers[next % servers.count]
                        if case .reply(let reply) = connections.request(
                            server,
                            "PUT",
                            "/heartbeat/\(id)"
                        ), reply.status == 200 {
                            break
                        }
                    }
                }
                usleep(300_000)
            }
        }
    }
}
