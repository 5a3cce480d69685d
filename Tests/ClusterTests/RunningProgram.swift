import Foundation
import Synchronization
import TestSupport

/// A program that a test starts, kills and starts again on the same data.
final class RunningProgram: Sendable {
    let name: String
    private let process: Mutex<ChildProcess?> = Mutex(nil)

    init(_ name: String) { self.name = name }

    /// The one that runs, or ran last.
    var current: ChildProcess? { process.withLock { $0 } }

    var isRunning: Bool { current?.isRunning ?? false }

    func start(_ launch: () throws -> ChildProcess) throws {
        keepLog()
        let new = try launch()
        process.withLock { $0 = new }
    }

    func signal(_ number: Int32) { current?.signal(number) }

    /// Ends it by SIGKILL; returns when it is gone.
    func kill() async throws {
        current?.kill()
        try await current?.untilEnd()
    }

    /// Ends it by SIGTERM and says how it ended.
    @discardableResult
    func stop() async throws -> ChildProcess.End? {
        signal(SIGTERM)
        return try await current?.untilEnd(within: .seconds(20))
    }

    func end() {
        current?.kill()
        keepLog()
    }

    /// The last lines of what it printed to standard error.
    var lastErrors: String {
        (current?.errors ?? "").split(separator: "\n").suffix(25).joined(separator: "\n")
    }

    /// Adds what it logged to a file in the folder that `ROLLCALL_CLUSTER_LOGS` names.
    private func keepLog() {
        let folder = ProcessInfo.processInfo.environment["ROLLCALL_CLUSTER_LOGS"] ?? ""
        guard !folder.isEmpty, let process = current else { return }
        let file = URL(filePath: folder).appending(path: name + ".log")
        let old = (try? String(contentsOf: file, encoding: .utf8)) ?? ""
        let text = "\(old)--- \(process.pid) ends: \(process.end.map { "\($0)" } ?? "")\n"
        try? (text + process.errors).write(to: file, atomically: true, encoding: .utf8)
    }
}
