internal import DNSWire

/// How near an endpoint is to somebody; the greater is the nearer.
///
/// There are no network coordinates, so addresses tell: the same node, the same address, then the
/// number of leading bits that both have in common. Hosts of one network (/24, or /64 of IPv6) are
/// equally near, and networks with less than /8 or /16 in common are equally far: a few common bits
/// say nothing, and all clients would go to one instance.
struct Nearness: Comparable {
    /// From where it is measured.
    struct Origin {
        /// Nil when the origin is no node.
        var node: String?
        var addresses: [IPAddress]
        /// How many leading bits of the addresses are known.
        var bits: Int
    }

    private var rank: Int

    init(of endpoint: QueryResult.Endpoint, to origin: Origin) {
        if let node = origin.node, Catalog.fold(node) == Catalog.fold(endpoint.node.name) {
            rank = .max
            return
        }
        let addresses = endpoint.node.ipAddresses + endpoint.instance.ipAddresses
        rank = 0
        for address in addresses {
            for from in origin.addresses {
                rank = max(rank, Self.rank(address, from, known: origin.bits))
            }
        }
    }

    private static func rank(_ left: IPAddress, _ right: IPAddress, known bits: Int) -> Int {
        let common = min(left.commonPrefixLength(right), bits)
        if common == left.bitWidth { return 1_000 }
        let (least, most) = left.bitWidth == 32 ? (8, 24) : (16, 64)
        return common < least ? 0 : min(common, most)
    }

    static func < (left: Nearness, right: Nearness) -> Bool { left.rank < right.rank }
}

extension IPAddress {
    /// The number of leading bits that both have in common; 0 for different families.
    fileprivate func commonPrefixLength(_ other: IPAddress) -> Int {
        switch (self, other) {
        case (.v4(let left), .v4(let right)): (left ^ right).leadingZeroBitCount
        case (.v6(let left), .v6(let right)): (left ^ right).leadingZeroBitCount
        default: 0
        }
    }
}
