internal import NIOCore
internal import ServiceCatalog
internal import Synchronization

/// Knows whether the client of a connection is still there.
///
/// Why: a blocking query must not wait for minutes for a client that has closed its connection.
final class ClientPresence: Sendable {
    private struct State {
        var hasGone = false
        var requestsBegun = 0
        var isAnswering = false
        var lastEnd: NIODeadline?
        var wakeUp: WakeUp?
    }

    private let state = Mutex(State())
    /// Where the connection comes from; nil when that is no IP address.
    let address: String?
    let port: Int?
    /// False for a client whose network may only read.
    let mayWrite: Bool

    init(address: String? = nil, port: Int? = nil, mayWrite: Bool = true) {
        self.address = address
        self.port = port
        self.mayWrite = mayWrite
    }

    var hasGone: Bool { state.withLock { $0.hasGone } }

    /// How many requests began on the connection, and whether one is being answered.
    var progress: (requestsBegun: Int, isAnswering: Bool) {
        state.withLock { ($0.requestsBegun, $0.isAnswering) }
    }

    func beginRequest() {
        state.withLock { state in
            state.requestsBegun += 1
            state.isAnswering = true
        }
    }

    func endRequest() {
        let now = NIODeadline.now()
        state.withLock { state in
            state.isAnswering = false
            state.lastEnd = now
        }
    }

    /// When the last answer went out; nil before the first.
    var lastEnd: NIODeadline? { state.withLock { $0.lastEnd } }

    /// Records that the client closed its side, and wakes the request that waits.
    func leave() {
        let wakeUp = state.withLock { state in
            state.hasGone = true
            defer { state.wakeUp = nil }
            return state.wakeUp
        }
        wakeUp?.end()
    }

    /// Ends a wait when the client goes, or at once when it has gone.
    ///
    /// One at a time: a connection's requests are answered one after another.
    func wakesWhenGone(_ wakeUp: WakeUp) {
        let hasGone = state.withLock { state in
            if !state.hasGone { state.wakeUp = wakeUp }
            return state.hasGone
        }
        if hasGone { wakeUp.end() }
    }

    /// Lets go of what `wakesWhenGone` took.
    func forgetWakeUp() {
        state.withLock { $0.wakeUp = nil }
    }
}
