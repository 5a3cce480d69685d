import Synchronization
import TestSupport

/// The way from one server to etcd's members: ports that hand on what comes, keep silent or refuse.
///
/// Why: etcd is lost for one server alone while all others have it.
final class ServerLink: Sendable {
    enum State: Sendable {
        case passing
        /// Connections stay, and nothing moves on them: a firewall that drops.
        case stalled
        /// Nobody listens.
        case refusing
    }

    /// One for each member.
    let ports: [UInt16]
    private let state = Mutex(State.passing)
    /// In which state the thread's last step was.
    private let reached = Mutex(State.passing)
    private let thread: Mutex<BackgroundThread?> = Mutex(nil)

    init(from ports: [UInt16], to members: [UInt16]) {
        self.ports = ports
        let routes = zip(ports, members).map { (from: $0, to: $1) }
        let started = BackgroundThread { thread in
            var loop = LinkLoop(routes)
            while !thread.isStopping {
                let state = self.state.withLock { $0 }
                loop.step(state)
                self.reached.withLock { $0 = state }
            }
            loop.close()
        }
        thread.withLock { $0 = started }
    }

    func set(_ new: State) { state.withLock { $0 = new } }

    /// The same; returns when nothing more passes.
    func cut(_ new: State) async throws {
        set(new)
        try await eventually("the link is \(new)") { reached.withLock { $0 } == new }
    }

    func stop() async throws {
        try await thread.withLock { $0 }?.stop()
    }
}
