package import DNSWire
internal import Synchronization

/// How many connections a listener's workers may hold together, and each client of them.
///
/// A client is an IPv4 address or, as whoever has one IPv6 address has 2^64, a /64. Cost: a lock for
/// each connection that comes or goes; none for a query.
package final class ConnectionBudget: Sendable {
    /// What a connection that asks for a place is told.
    package enum Place {
        case taken
        /// Somebody else would have to go.
        case full
        /// The client has as many as it may.
        case clientIsFull
    }

    private struct Counts {
        var open = 0
        var ofClient: [IPAddress: Int] = [:]
    }

    private let counts = Mutex(Counts())
    private let total: Int
    private let perClient: Int
    /// No worker takes more than twice its share: the kernel does not spread connections evenly.
    let perWorker: Int

    package init(total: Int, perClient: Int, workers: Int) {
        self.total = max(total, 1)
        self.perClient = max(perClient, 1)
        perWorker = max(1, min(self.total, 2 * self.total / max(workers, 1)))
    }

    package func take(_ client: IPAddress) -> Place {
        let key = Self.key(client)
        return counts.withLock { counts in
            let own = counts.ofClient[key, default: 0]
            guard own < perClient else { return .clientIsFull }
            guard counts.open < total else { return .full }
            counts.open += 1
            counts.ofClient[key] = own + 1
            return .taken
        }
    }

    package func giveBack(_ client: IPAddress) {
        let key = Self.key(client)
        counts.withLock { counts in
            counts.open -= 1
            let left = counts.ofClient[key, default: 1] - 1
            counts.ofClient[key] = left > 0 ? left : nil
        }
    }

    private static func key(_ client: IPAddress) -> IPAddress {
        switch client {
        case .v4: client
        case .v6(let value): .v6((value >> 64) << 64)
        }
    }
}
