internal import DNSWire

/// Whose the reverse name of an address is.
enum ReverseHome: Hashable {
    /// A zone file has the say.
    case zoneFile
    /// One of the reverse zones that are ours whole.
    case reverseZone(apex: DomainName)
    /// Nobody's here: the name is a zone of its own.
    case alone
}

/// The zones that reverse names lie in, as networks: an address finds its zone without its name
/// being made.
struct ReverseHomes {
    private struct Network: Hashable {
        var isIPv6: Bool
        var bits: Int
        /// The first bits of the addresses.
        var prefix: UInt128
    }

    private var homes: [Network: ReverseHome] = [:]
    /// Lengths of networks, the longest first.
    private var bits4: [Int] = []
    private var bits6: [Int] = []

    init(_ settings: ServiceZoneSettings) {
        for apex in settings.reverseZones { add(apex, .reverseZone(apex: apex)) }
        for apex in settings.staticApexes { add(apex, .zoneFile) }
        let networks = homes.keys
        bits4 = Set(networks.filter { !$0.isIPv6 }.map(\.bits)).sorted(by: >)
        bits6 = Set(networks.filter(\.isIPv6).map(\.bits)).sorted(by: >)
    }

    /// Files `home` under the network whose reverse zone has `apex`; other names have none.
    private mutating func add(_ apex: DomainName, _ home: ReverseHome) {
        var labels = apex.lowercased.labels.map { String(decoding: $0, as: UTF8.self) }
        guard labels.popLast() ?? "arpa" == "arpa" else { return }
        switch labels.popLast() {
        case nil:
            homes[Network(isIPv6: false, bits: 0, prefix: 0)] = home
            homes[Network(isIPv6: true, bits: 0, prefix: 0)] = home
        case "in-addr": add(labels, isIPv6: false, home)
        case "ip6": add(labels, isIPv6: true, home)
        default: return
        }
    }

    private mutating func add(_ labels: [String], isIPv6: Bool, _ home: ReverseHome) {
        let bitsPerLabel = isIPv6 ? 4 : 8
        var prefix: UInt128 = 0
        for label in labels.reversed() {
            guard let value = UInt128(label, radix: isIPv6 ? 16 : 10), value < 1 << bitsPerLabel
            else { return }
            prefix = prefix << bitsPerLabel | value
        }
        let bits = bitsPerLabel * labels.count
        guard bits <= (isIPv6 ? 128 : 32) else { return }
        homes[Network(isIPv6: isIPv6, bits: bits, prefix: prefix)] = home
    }

    /// The home of the reverse name of `address`.
    subscript(address: IPAddress) -> ReverseHome {
        let value: UInt128
        var isIPv6 = false
        switch address {
        case .v4(let address): value = UInt128(address)
        case .v6(let address):
            value = address
            isIPv6 = true
        }
        let width = address.bitWidth
        for bits in isIPv6 ? bits6 : bits4 {
            let network = Network(isIPv6: isIPv6, bits: bits, prefix: value >> (width - bits))
            if let home = homes[network] { return home }
        }
        return .alone
    }

    /// True when a reverse zone of ours holds the reverse name.
    func isInZone(_ address: IPAddress) -> Bool {
        if case .reverseZone = self[address] { return true }
        return false
    }
}
