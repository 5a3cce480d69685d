internal import Foundation
internal import NIOCore
internal import NIOPosix

/// What the system says about a connection that did not come about.
enum ConnectionErrorText {
    /// `Connection refused` and the like; for other errors their own description.
    static func text(_ error: any Error) -> String {
        switch error {
        case let error as IOError:
            unsafe String(cString: strerror(error.errnoCode))
        case let error as NIOConnectionError:
            error.connectionErrors.last.map { text($0.error) } ?? "\(error.host) has no address"
        default:
            "\(error)"
        }
    }
}
