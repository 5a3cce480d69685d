internal import DNSWire

extension NetworkPrefix {
    /// True when the network can be cut at octets (IPv4) or nibbles (IPv6) into reverse zones.
    var hasReverseZone: Bool {
        switch address {
        case .v4: (8...24).contains(bits)
        case .v6: (4...128).contains(bits)
        }
    }

    /// The reverse zones that cover the network: one, or as many as a cut inside an octet or
    /// nibble needs; `172.16.0.0/12` takes sixteen (RFC 1035 §3.5, RFC 3596 §2.5).
    var reverseZones: [DomainName] {
        guard hasReverseZone else { return [] }
        let stepBits: Int
        switch address {
        case .v4: stepBits = 8
        case .v6: stepBits = 4
        }
        let labelCount = (bits + stepBits - 1) / stepBits
        let freeBits = labelCount * stepBits - bits
        return (0..<(1 << freeBits)).compactMap { variant in
            firstAddress(with: variant, shiftedBy: address.bitWidth - labelCount * stepBits)
                .reverseName.keeping(labels: labelCount)
        }
    }

    /// The network's first address with `variant` put into the bits above `shift`.
    private func firstAddress(with variant: Int, shiftedBy shift: Int) -> IPAddress {
        switch address {
        case .v4(let value):
            let first = value & ~(UInt32.max >> UInt32(bits))
            return .v4(first | UInt32(variant) << UInt32(shift))
        case .v6(let value):
            let first = value & ~(UInt128.max >> UInt128(bits))
            return .v6(first | UInt128(variant) << UInt128(shift))
        }
    }
}

extension DomainName {
    /// A reverse name without its leftmost labels, so that `labels` stand before `in-addr.arpa`.
    fileprivate func keeping(labels: Int) -> DomainName? {
        var name: DomainName? = self
        while let current = name, current.labelCount > labels + 2 { name = current.parent }
        return name
    }
}
