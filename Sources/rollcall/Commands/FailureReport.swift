internal import ArgumentParser
internal import RollcallClient

/// What the program prints and returns for an error.
struct FailureReport: Hashable, Sendable {
    /// For standard output: help and version.
    var output = ""
    /// For standard error.
    var errorLine: String?
    /// 0 fine, 1 refused or nothing found, 2 wrong usage or settings.
    var exitStatus: Int32

    init(_ error: any Error) {
        switch error {
        case let failure as CommandFailure:
            errorLine = failure.message
            exitStatus = failure.exitStatus
        case let error as ConfigurationError:
            errorLine = error.description
            exitStatus = 2
        case let error as ClientError:
            errorLine = error.description
            exitStatus = error.code == .badAddress ? 2 : 1
        case is CancellationError:
            exitStatus = 1
        default:
            self = FailureReport(parserError: error)
        }
    }

    /// The argument parser's own errors, help among them.
    private init(parserError error: any Error) {
        switch RollcallCommand.exitCode(for: error) {
        case .success:
            output = RollcallCommand.fullMessage(for: error)
            exitStatus = 0
        case .validationFailure:
            errorLine = Self.oneLine(RollcallCommand.message(for: error))
            exitStatus = 2
        default:
            errorLine = Self.oneLine("\(error)")
            exitStatus = 1
        }
    }

    private static func oneLine(_ text: String) -> String {
        text.split(whereSeparator: \.isNewline).joined(separator: " ")
    }
}
