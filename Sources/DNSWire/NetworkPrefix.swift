/// A block of addresses such as `10.0.0.0/8` (RFC 4632 §3.1, RFC 4291 §2.3).
package struct NetworkPrefix: Hashable, Sendable {
    package let address: IPAddress
    /// 0...32 for IPv4, 0...128 for IPv6.
    package let bits: Int

    /// Reads `address/bits`; an address alone is a block of one, and anything else is nil.
    package init?(_ text: some StringProtocol) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard let first = parts.first, parts.count <= 2, let address = IPAddress(first) else {
            return nil
        }
        self.address = address
        guard parts.count == 2 else {
            self.bits = address.bitWidth
            return
        }
        guard let bits = Int(parts[1]), (0...address.bitWidth).contains(bits) else { return nil }
        self.bits = bits
    }

    /// True when the first `bits` bits of `other` are those of the block.
    package func contains(_ other: IPAddress) -> Bool {
        switch (address, other) {
        case (.v4(let block), .v4(let value)):
            bits == 0 || (block ^ value) >> (32 - UInt32(bits)) == 0
        case (.v6(let block), .v6(let value)):
            bits == 0 || (block ^ value) >> (128 - UInt128(bits)) == 0
        default:
            false
        }
    }
}

extension NetworkPrefix: CustomStringConvertible {
    package var description: String { "\(address)/\(bits)" }
}
