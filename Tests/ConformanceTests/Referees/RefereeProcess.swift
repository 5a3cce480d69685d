import DNSWire
import Foundation
import TestSupport

/// A referee with some zones on a port of its own.
///
/// Its binary is below `ROLLCALL_PEERS`, by default `.build/peers`; `Tests/run.sh` unpacks it there.
final class RefereeProcess: Sendable {
    let referee: Referee
    let port: UInt16
    /// The zones that it does not serve.
    let refused: [DomainName]
    private let process: ChildProcess
    private let scratch: ScratchFolder

    var dns: DNSClient { DNSClient(port: port) }

    private static var peers: URL {
        let given = ProcessInfo.processInfo.environment["ROLLCALL_PEERS"] ?? ""
        return given.isEmpty
            ? Fixtures.repository.appending(path: ".build/peers") : URL(filePath: given)
    }

    /// Starts it on the zone files, named `<apex>.zone`, and waits until it answers.
    ///
    /// - Parameter refused: apexes of zone files that it would refuse to load.
    static func start(
        _ referee: Referee,
        zones: [URL],
        refused: Set<String> = []
    ) async throws -> RefereeProcess {
        // They cannot be told to take any free port; another program may take ours before they do.
        var lastError: any Error = UnexpectedAnswer(description: "not tried")
        for _ in 0..<5 {
            do {
                return try await RefereeProcess(referee, zones, refused)
            } catch {
                lastError = error
            }
        }
        throw lastError
    }

    private init(_ referee: Referee, _ all: [URL], _ refused: Set<String>) async throws {
        let binary = Self.peers.appending(path: referee.binary).path(percentEncoded: false)
        guard FileManager.default.isExecutableFile(atPath: binary) else {
            throw UnexpectedAnswer(description: "no \(binary): run Tests/run.sh, which unpacks it")
        }
        self.referee = referee
        self.refused = try refused.map { try DomainName($0) }
        let zones = all.filter { !refused.contains(Self.apex($0)) }
        scratch = try ScratchFolder()
        port = try FreePort.next()
        let configuration = try scratch.write(
            referee.configuration(zones: zones, port: port, folder: scratch.path("")),
            to: "referee.conf"
        )
        var environment = ProcessInfo.processInfo.environment
        // Its libraries are beside it, in a folder named after the machine.
        let folders = ["usr/lib", "lib"].flatMap { name -> [String] in
            let folder = Self.peers.appending(path: name).path(percentEncoded: false)
            let machines = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
            return machines.filter { $0.hasSuffix("-linux-gnu") }.map { "\(folder)/\($0)" }
        }
        environment["LD_LIBRARY_PATH"] = folders.joined(separator: ":")
        process = try ChildProcess(
            [binary] + referee.arguments(configuration: configuration),
            environment: environment
        )
        let (process, dns) = (process, dns)
        try await eventually("\(referee.rawValue) answers", within: .seconds(60)) {
            guard process.isRunning else {
                throw Hopeless(description: "\(referee.rawValue) ended: \(process.errors)")
            }
            return try zones.allSatisfy { zone in
                let reply = try dns.ask(Self.apex(zone), .soa, over: .tcp)
                guard reply.responseCode == .noError else {
                    throw UnexpectedAnswer(
                        description:
                            "\(Self.apex(zone)): \(reply.responseCodeValue), \(process.errors)"
                    )
                }
                return true
            }
        }
    }

    deinit {
        // Not SIGKILL: NSD ends its own children only when it is asked to stop.
        process.signal(SIGTERM)
        for _ in 0..<2_000 where process.isRunning { usleep(1_000) }
    }

    /// False for names of a zone that it refuses to load, so that it has no word about them.
    func judges(_ name: DomainName) -> Bool { !refused.contains { name.isSubdomain(of: $0) } }

    static func apex(_ zone: URL) -> String { zone.deletingPathExtension().lastPathComponent }
}
