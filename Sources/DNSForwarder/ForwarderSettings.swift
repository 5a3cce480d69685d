package import DNSResponder
package import DNSWire

/// Whom the forwarder asks, for whom, and what it remembers.
package struct ForwarderSettings: Hashable, Sendable {
    /// Which server is asked first.
    package enum Strategy: String, CaseIterable, Hashable, Sendable {
        /// In the order given.
        case sequential
        /// In another order each time.
        case random
    }

    /// Recursive servers: the next one is asked when one does not answer, nobody when it is empty.
    package var servers: [ListenAddress]
    /// How long one server may take, over UDP and again over TCP.
    package var timeout: Duration
    package var strategy: Strategy
    /// The networks whose queries are forwarded; for others there is no recursion.
    package var clients: [NetworkPrefix]
    /// 0 keeps nothing.
    package var cacheEntriesMax: Int
    package var cacheBytesMax: Int
    /// How long after its time an answer may be given when no server answers (RFC 8767); 0: never.
    package var staleSeconds: Int

    package init(
        servers: [ListenAddress],
        timeout: Duration = .seconds(2),
        strategy: Strategy = .sequential,
        clients: [NetworkPrefix] = Self.privateNetworks,
        cacheEntriesMax: Int = 10_000,
        cacheBytesMax: Int = 16 << 20,
        staleSeconds: Int = 0
    ) {
        self.servers = servers
        self.timeout = timeout
        self.strategy = strategy
        self.clients = clients
        self.cacheEntriesMax = cacheEntriesMax
        self.cacheBytesMax = cacheBytesMax
        self.staleSeconds = staleSeconds
    }

    /// Loopback, private and link-local addresses: a server that recurses for all is abused to
    /// flood others.
    package static let privateNetworks: [NetworkPrefix] = [
        "127.0.0.0/8", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16",
        "::1/128", "fc00::/7", "fe80::/10",
    ].compactMap { NetworkPrefix($0) }

    func serves(_ client: IPAddress) -> Bool { clients.contains { $0.contains(client) } }

    /// The servers in the order in which they are asked now.
    var order: [ListenAddress] {
        switch strategy {
        case .sequential: servers
        case .random: servers.shuffled()
        }
    }
}
