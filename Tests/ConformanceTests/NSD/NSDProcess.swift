import DNSWire
import Foundation
import TestSupport

/// NSD with some zones on a port of its own: the referee.
///
/// Its binary is `usr/sbin/nsd` below `ROLLCALL_PEERS`, by default `.build/peers`; `Tests/run.sh`
/// unpacks it there.
final class NSDProcess: Sendable {
    private let process: ChildProcess
    private let scratch: ScratchFolder
    let port: UInt16

    var dns: DNSClient { DNSClient(port: port) }

    private static var peers: URL {
        let given = ProcessInfo.processInfo.environment["ROLLCALL_PEERS"] ?? ""
        return given.isEmpty
            ? Fixtures.repository.appending(path: ".build/peers") : URL(filePath: given)
    }

    /// Starts NSD on the zone files, named `<apex>.zone`, and waits until it answers.
    static func start(zones: [URL]) async throws -> NSDProcess {
        // NSD cannot be told to take any free port; another program may take ours before it does.
        var lastError: any Error = UnexpectedAnswer(description: "not tried")
        for _ in 0..<5 {
            do {
                return try await NSDProcess(zones: zones)
            } catch {
                lastError = error
            }
        }
        throw lastError
    }

    private init(zones: [URL]) async throws {
        let binary = Self.peers.appending(path: "usr/sbin/nsd").path(percentEncoded: false)
        guard FileManager.default.isExecutableFile(atPath: binary) else {
            throw UnexpectedAnswer(description: "no \(binary): run Tests/run.sh, which unpacks it")
        }
        scratch = try ScratchFolder()
        port = try NetworkSocket.freePort()
        let configuration = try scratch.write(
            Self.configuration(zones: zones, port: port, folder: scratch.path("")),
            to: "nsd.conf"
        )
        var environment = ProcessInfo.processInfo.environment
        // Its libraries are beside it, in a folder named after the machine.
        let libraries = Self.peers.appending(path: "usr/lib").path(percentEncoded: false)
        let machines = (try? FileManager.default.contentsOfDirectory(atPath: libraries)) ?? []
        environment["LD_LIBRARY_PATH"] =
            machines.filter { $0.hasSuffix("-linux-gnu") }.map { "\(libraries)/\($0)" }
            .joined(separator: ":")
        process = try ChildProcess([binary, "-d", "-c", configuration], environment: environment)
        let (process, dns) = (process, dns)
        try await eventually("NSD answers", within: .seconds(10)) {
            guard process.isRunning else {
                throw Hopeless(description: "NSD ended: \(process.errors)")
            }
            let apex = zones.first.map(Self.apex) ?? "."
            return try dns.ask(apex, .soa, over: .tcp).responseCode == .noError
        }
    }

    deinit {
        // Not SIGKILL: NSD ends its own children only when it is asked to stop.
        process.signal(SIGTERM)
        for _ in 0..<2_000 where process.isRunning { usleep(1_000) }
    }

    static func apex(_ zone: URL) -> String { zone.deletingPathExtension().lastPathComponent }

    private static func configuration(zones: [URL], port: UInt16, folder: String) -> String {
        var text = """
            server:
              ip-address: 127.0.0.1@\(port)
              server-count: 1
              username: ""
              chroot: ""
              database: ""
              zonesdir: "/"
              zonelistfile: \(folder)zone.list
              xfrdfile: \(folder)xfrd.state
              xfrdir: \(folder)
              pidfile: \(folder)nsd.pid
              round-robin: no
              minimal-responses: yes
              tcp-timeout: 120
            remote-control:
              control-enable: no

            """
        for zone in zones {
            text += """
                zone:
                  name: \(apex(zone))
                  zonefile: \(zone.path(percentEncoded: false))
                  provide-xfr: 127.0.0.1 NOKEY

                """
        }
        return text
    }
}
