import Foundation
import Synchronization
import TestSupport

/// The server of the soak: always on the same ports and the same data, also after a kill.
final class SoakServer: Sendable {
    let scratch: ScratchFolder
    let dnsPort: UInt16
    let httpPort: UInt16
    private struct State: Sendable {
        var process: ChildProcess
        /// True from before a kill of the test's own until the next process is there.
        var isRestarting = false
    }

    private let state: Mutex<State>

    init() async throws {
        scratch = try ScratchFolder()
        dnsPort = try FreePort.next()
        httpPort = try FreePort.next()
        state = Mutex(State(process: try Self.launch(scratch, dnsPort, httpPort)))
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

    var process: ChildProcess { state.withLock { $0.process } }
    var pid: Int32 { process.pid }
    /// True when it ended and nobody has killed it.
    var hasFailed: Bool { state.withLock { !$0.isRestarting && !$0.process.isRunning } }
    var isReady: Bool { process.output.contains("\n") }

    /// kill -9, and a start on what is on disk; waits until it answers.
    func killAndRestart() throws {
        state.withLock { $0.isRestarting = true }
        process.kill()
        while process.isRunning { usleep(1_000) }
        let next = try Self.launch(scratch, dnsPort, httpPort)
        state.withLock { $0 = State(process: next) }
        while !isReady {
            guard process.isRunning else {
                throw UnexpectedAnswer(description: "it does not start: \(process.errors)")
            }
            usleep(1_000)
        }
    }
}
