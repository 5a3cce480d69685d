import Foundation
import TestSupport

/// A web server that answers with the status that the path begins with, for health checks.
///
/// `/slow` takes three seconds, `/method/POST` and `/header` want what they say.
final class CheckTarget: Sendable {
    let address: String
    private let process: ChildProcess

    /// Starts it, and waits until it listens.
    static func start() async throws -> CheckTarget {
        let script = Fixtures.url("consul/check_target.py").path(percentEncoded: false)
        let process = try ChildProcess(["python3", "-u", script])
        try await eventually("the target of checks listens", within: .seconds(20)) {
            guard process.isRunning else {
                throw Hopeless(description: "it ended: \(process.errors)")
            }
            return process.output.contains("\n")
        }
        return CheckTarget(process)
    }

    private init(_ process: ChildProcess) {
        self.process = process
        address = process.output.trimmingCharacters(in: .whitespacesAndNewlines)
    }
}
