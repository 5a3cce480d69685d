internal import Foundation

/// Programs of the distribution that `Tests/peers.sh` unpacked, and nobody installed.
package enum Peers {
    /// What stands before the program's name and its arguments.
    package static let run = [
        Fixtures.repository.appending(path: "Tests/peers.sh").path(percentEncoded: false), "--run",
    ]
}
