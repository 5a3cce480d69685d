/// Why a subcommand ends without its result: a line for people and an exit status.
struct CommandFailure: Error, Hashable, Sendable {
    /// Nil where the output has said it already.
    var message: String?
    var exitStatus: Int32

    /// The server refused, or nothing was found.
    static func unsuccessful(_ message: String?) -> CommandFailure {
        CommandFailure(message: message, exitStatus: 1)
    }

    /// Wrong usage, or a file that cannot be used.
    static func wrongUsage(_ message: String) -> CommandFailure {
        CommandFailure(message: message, exitStatus: 2)
    }
}
