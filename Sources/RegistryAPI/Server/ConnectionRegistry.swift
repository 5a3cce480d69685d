internal import Logging
internal import NIOCore
internal import Synchronization

/// The open connections of all listeners, so that they can be limited and stopped.
final class ConnectionRegistry: Sendable {
    private struct State {
        var isStopping = false
        var lastComplaint: NIODeadline?
        var unmentioned = 0
        var connections: [ObjectIdentifier: (channel: any Channel, client: ClientPresence)] = [:]
    }

    private let state = Mutex(State())
    private let connectionsMax: Int
    /// What their requests' bodies take together.
    let bodies: BodyBudget
    private let tally: ConnectionTally

    init(connectionsMax: Int, bodiesBytesMax: Int, tally: ConnectionTally = ConnectionTally()) {
        self.connectionsMax = connectionsMax
        self.tally = tally
        bodies = BodyBudget(bytesMax: bodiesBytesMax)
    }

    var count: Int { state.withLock { $0.connections.count } }

    /// Adds a connection until it closes; false when there is no room for it.
    func add(_ channel: any Channel, _ client: ClientPresence) -> Bool {
        let id = ObjectIdentifier(channel)
        let isAdded = state.withLock { state in
            guard !state.isStopping else { return false }
            guard state.connections.count < connectionsMax else {
                tally.addExcess()
                return false
            }
            state.connections[id] = (channel, client)
            return true
        }
        if isAdded {
            channel.closeFuture.whenComplete { _ in
                self.state.withLock { $0.connections[id] = nil }
            }
        }
        return isAdded
    }

    /// Counts a connection that is closed for its address, and says so at most once in ten seconds.
    func refuseStranger(_ address: String?, _ logger: Logger) {
        tally.addStranger()
        let now = NIODeadline.now()
        let count: Int? = state.withLock { state in
            state.unmentioned += 1
            if let last = state.lastComplaint, now - last < .seconds(10) { return nil }
            state.lastComplaint = now
            defer { state.unmentioned = 0 }
            return state.unmentioned
        }
        guard let count else { return }
        logger.warning(
            "connections refused: http.allowed_clients does not have their address",
            metadata: ["address": "\(address ?? "unknown")", "count": "\(count)"]
        )
    }

    func client(of channel: any Channel) -> ClientPresence? {
        state.withLock { $0.connections[ObjectIdentifier(channel)]?.client }
    }

    /// Closes idle connections now and the others after their response; adds no more.
    func stop() {
        for channel in refuseMore() {
            channel.pipeline.fireUserInboundEventTriggered(ChannelShouldQuiesceEvent())
        }
    }

    /// Closes all connections.
    func closeAll() {
        for channel in refuseMore() { channel.close(promise: nil) }
    }

    /// Adds no connection from now on; returns those that there are.
    private func refuseMore() -> [any Channel] {
        state.withLock { state in
            state.isStopping = true
            return state.connections.values.map(\.channel)
        }
    }
}
