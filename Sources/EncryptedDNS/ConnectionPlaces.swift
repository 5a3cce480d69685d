internal import DNSWire
internal import Synchronization

/// How many connections may be open, of all clients and of each.
final class ConnectionPlaces: Sendable {
    private struct State {
        var total = 0
        var byClient: [IPAddress: Int] = [:]
    }

    private let state = Mutex(State())
    private let total: Int
    private let perClient: Int

    init(total: Int, perClient: Int) {
        self.total = total
        self.perClient = perClient
    }

    /// Takes a place; false when there is none for this client.
    func take(_ client: IPAddress?) -> Bool {
        state.withLock { state in
            guard state.total < total else { return false }
            if let network = client.map(Self.network) {
                let count = state.byClient[network, default: 0]
                guard count < perClient else { return false }
                state.byClient[network] = count + 1
            }
            state.total += 1
            return true
        }
    }

    func giveBack(_ client: IPAddress?) {
        state.withLock { state in
            state.total -= 1
            guard let network = client.map(Self.network) else { return }
            let count = state.byClient[network, default: 1] - 1
            state.byClient[network] = count == 0 ? nil : count
        }
    }

    /// One subscriber has a whole /64 of IPv6.
    private static func network(of client: IPAddress) -> IPAddress {
        switch client {
        case .v4: client
        case .v6(let value): .v6((value >> 64) << 64)
        }
    }
}
