/// The twelve bytes that open each message (RFC 1035 §4.1.1, RFC 4035 §3).
package struct Header: Hashable, Sendable {
    package var id: UInt16
    package var isResponse = false
    /// 0 is QUERY.
    package var opcode: UInt8 = 0
    package var isAuthoritative = false
    package var isTruncated = false
    package var recursionDesired = false
    package var recursionAvailable = false
    package var authenticData = false
    package var checkingDisabled = false
    /// The lower four bits; EDNS carries the upper eight.
    package var responseCodeBits: UInt8 = 0

    package init(id: UInt16) {
        self.id = id
    }

    /// Takes the identifier and the two bytes of flags as they are on the wire.
    package init(id: UInt16, flags: UInt16) {
        self.id = id
        isResponse = flags & 0x8000 != 0
        opcode = UInt8(flags >> 11 & 0xF)
        isAuthoritative = flags & 0x0400 != 0
        isTruncated = flags & 0x0200 != 0
        recursionDesired = flags & 0x0100 != 0
        recursionAvailable = flags & 0x0080 != 0
        authenticData = flags & 0x0020 != 0
        checkingDisabled = flags & 0x0010 != 0
        responseCodeBits = UInt8(flags & 0xF)
    }

    /// The two bytes of flags as they go on the wire.
    package var flags: UInt16 {
        (isResponse ? 0x8000 : 0)
            | UInt16(opcode & 0xF) << 11
            | (isAuthoritative ? 0x0400 : 0)
            | (isTruncated ? 0x0200 : 0)
            | (recursionDesired ? 0x0100 : 0)
            | (recursionAvailable ? 0x0080 : 0)
            | (authenticData ? 0x0020 : 0)
            | (checkingDisabled ? 0x0010 : 0)
            | UInt16(responseCodeBits & 0xF)
    }
}
