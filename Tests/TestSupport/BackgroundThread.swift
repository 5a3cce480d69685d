internal import Foundation
internal import Synchronization

/// Work that blocks, on a thread of its own, until it ends or is told to.
///
/// Why a thread: blocking calls in tasks would take the few threads that all tests share.
package final class BackgroundThread: Sendable {
    private let stopping = Atomic(false)
    private let done = Atomic(false)

    /// Starts `body`, which looks at `isStopping` now and then.
    package init(_ body: @escaping @Sendable (BackgroundThread) -> Void) {
        Thread.detachNewThread { [self] in
            body(self)
            done.store(true, ordering: .releasing)
        }
    }

    package var isStopping: Bool { stopping.load(ordering: .acquiring) }

    /// Waits until the work has ended by itself.
    package func untilEnd(within limit: Duration = .seconds(20)) async throws {
        try await eventually("the background work ends", within: limit) {
            done.load(ordering: .acquiring)
        }
    }

    /// Tells the work to end and waits until it has.
    package func stop(within limit: Duration = .seconds(20)) async throws {
        stopping.store(true, ordering: .releasing)
        try await untilEnd(within: limit)
    }
}
