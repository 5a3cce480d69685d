import Foundation
import Synchronization
import TestSupport

/// The server of the soak: always on the same ports and the same data, also after a kill.
final class SoakServer: Sendable {
    let scratch: ScratchFolder
    let dnsPort: UInt16
    let httpPort: UInt16
    private let running: Mutex<ChildProcess>

    init() async throws {
        scratch = try ScratchFolder()
        dnsPort = try FreePort.next()
        httpPort = try FreePort.next()
        running = Mutex(try Self.launch(scratch, dnsPort, httpPort))
        try await eventually("the server is ready", within: .seconds(20)) { isReady }
    }

    private static func launch(
        _ scratch: ScratchFolder,
        _ dnsPort: UInt16,
        _ httpPort: UInt16
    ) throws -> ChildProcess {
        try RollcallProcess.launch(
            [
                "--dns-listen", "127.0.0.1:\(dnsPort)", "--http-listen", "127.0.0.1:\(httpPort)",
            ],
            settings: ["ROLLCALL_LEASES_TTL_MIN": "1s", "ROLLCALL_DNS_NEGATIVE_TTL": "1s"],
            scratch: scratch
        )
    }

    var process: ChildProcess { running.withLock { $0 } }
    var pid: Int32 { process.pid }
    var isReady: Bool { process.output.contains("\n") }

    /// kill -9, and a start on what is on disk; waits until it answers.
    func killAndRestart() throws {
        process.kill()
        while process.isRunning { usleep(1_000) }
        let next = try Self.launch(scratch, dnsPort, httpPort)
        running.withLock { $0 = next }
        while !isReady {
            guard process.isRunning else {
                throw UnexpectedAnswer(description: "it does not start: \(process.errors)")
            }
            usleep(1_000)
        }
    }
}
