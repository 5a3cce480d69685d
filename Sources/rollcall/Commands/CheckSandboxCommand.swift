internal import ArgumentParser
internal import Glibc

/// `rollcall check-sandbox`: puts the server's filter on itself and tries what it refuses.
struct CheckSandboxCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check-sandbox",
        abstract: "Check that this system can confine the server."
    )

    mutating func run() throws {
        if let reason = Sandbox.install() {
            throw CommandFailure.unsuccessful("no sandbox on this system: \(reason)")
        }
        var isTight = true
        for attempt in Sandbox.attempts() {
            let isRefused = attempt.errorNumber == EPERM
            isTight = isTight && isRefused
            let what = isRefused ? "refused" : "allowed (\(attempt.errorNumber))"
            TextOutput.printLine("\(attempt.call): \(what)")
        }
        guard isTight else {
            throw CommandFailure.unsuccessful("the sandbox has a hole")
        }
    }
}
