/// The network for which a resolver asks: the EDNS client subnet option (RFC 7871 §6).
package struct ClientSubnet: Hashable, Sendable {
    /// IANA's address family: 1 for IPv4, 2 for IPv6, 0 for no address at all.
    package let family: UInt16
    /// How many bits of the address the sender tells; 0 asks for an answer that fits everybody.
    package let sourcePrefixLength: UInt8
    /// The address, zero beyond the prefix; nil for family 0.
    package let address: IPAddress?

    /// No network at all, as of a client that wants to stay unknown.
    package static let none = ClientSubnet(family: 0, sourcePrefixLength: 0, address: nil)

    private init(family: UInt16, sourcePrefixLength: UInt8, address: IPAddress?) {
        self.family = family
        self.sourcePrefixLength = sourcePrefixLength
        self.address = address
    }

    /// The first `bits` bits of `address`, at most all of them.
    package init(_ address: IPAddress, bits: Int) {
        let bits = min(max(bits, 0), address.bitWidth)
        sourcePrefixLength = UInt8(bits)
        switch address {
        case .v4(let value):
            family = 1
            self.address = .v4(bits == 0 ? 0 : (value >> UInt32(32 - bits)) << UInt32(32 - bits))
        case .v6(let value):
            family = 2
            self.address = .v6(
                bits == 0 ? 0 : (value >> UInt128(128 - bits)) << UInt128(128 - bits)
            )
        }
    }

    /// Reads the payload of a query's option; nil when a server has to answer FORMERR to it.
    ///
    /// That is: an unknown family, a prefix that is too long, a scope other than 0, another number
    /// of address bytes than the prefix needs, or bits beyond the prefix (RFC 7871 §6 and §7.1.2).
    package init?(payload: some Collection<UInt8>) {
        let bytes = Array(payload)
        guard bytes.count >= Self.fixedBytes, bytes[3] == 0 else { return nil }
        let family = UInt16(bytes[0]) << 8 | UInt16(bytes[1])
        let bits = Int(bytes[2])
        let told = bytes[Self.fixedBytes...]
        guard told.count == (bits + 7) / 8 else { return nil }
        let width: Int
        switch family {
        case 0:
            guard bits == 0 else { return nil }
            self = .none
            return
        case 1: width = 4
        case 2: width = 16
        default: return nil
        }
        let padding = [UInt8](repeating: 0, count: max(width - told.count, 0))
        guard bits <= 8 * width, let address = IPAddress(rdata: told + padding) else { return nil }
        self.init(address, bits: bits)
        guard self.address == address else { return nil }
    }

    /// Family, both prefix lengths and the bytes of the address that the prefix covers.
    package func payload(scopePrefixLength: Int = 0) -> [UInt8] {
        let scope = UInt8(min(max(scopePrefixLength, 0), address?.bitWidth ?? 0))
        let told = (address?.rdata ?? []).prefix((Int(sourcePrefixLength) + 7) / 8)
        return [UInt8(family >> 8), UInt8(family & 0xFF), sourcePrefixLength, scope] + told
    }

    /// Bytes of the payload before the address.
    package static let fixedBytes = 4
    /// The whole option with an IPv6 address and its code and length.
    @inlinable package static var optionBytesMax: Int { 24 }
}
