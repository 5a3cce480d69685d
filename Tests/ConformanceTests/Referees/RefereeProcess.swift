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

    /// The same as a secondary server; waits until it has all of `zones`.
    static func start(
        _ referee: Referee,
        secondaryOf zones: [String],
        at primary: UInt16
    ) async throws -> RefereeProcess {
        var lastError: any Error = UnexpectedAnswer(description: "not tried")
        for _ in 0..<5 {
            do {
                return try await RefereeProcess(referee, refused: []) { port, folder in
                    let text = referee.configuration(
                        secondaryOf: zones,
                        at: primary,
                        port: port,
                        folder: folder
                    )
                    return (text, zones)
                }
            } catch {
                lastError = error
            }
        }
        throw lastError
    }

    private convenience init(
        _ referee: Referee,
        _ all: [URL],
        _ refused: Set<String>
    ) async throws {
        let zones = all.filter { !refused.contains(Self.apex($0)) }
        let apexes = try refused.map { try DomainName($0) }
        try await self.init(referee, refused: apexes) { port, folder in
            (referee.configuration(zones: zones, port: port, folder: folder), zones.map(Self.apex))
        }
    }

    /// - Parameter configure: its configuration, and the zones that it is to have.
    private init(
        _ referee: Referee,
        refused: [DomainName],
        configure: (UInt16, String) -> (text: String, zones: [String])
    ) async throws {
        let binary = Self.peers.appending(path: referee.binary).path(percentEncoded: false)
        guard FileManager.default.isExecutableFile(atPath: binary) else {
            throw UnexpectedAnswer(description: "no \(binary): run Tests/run.sh, which unpacks it")
        }
        self.referee = referee
        self.refused = refused
        scratch = try ScratchFolder()
        port = try FreePort.next()
        let (text, zones) = configure(port, scratch.path(""))
        let configuration = try scratch.write(text, to: "referee.conf")
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
                let reply = try dns.ask(zone, .soa, over: .tcp)
                guard reply.responseCode == .noError else {
                    throw UnexpectedAnswer(
                        description:
                            "\(zone): \(reply.responseCodeValue), \(process.errors)"
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
