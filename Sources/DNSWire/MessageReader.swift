/// Reads the fields of a message one after another.
///
/// Every read is checked, so any bytes are safe. For the rare query, tests and clients: it
/// allocates.
package struct MessageReader {
    package let bytes: [UInt8]
    /// A pointer for each label that a name can have; more would only cost time.
    private static let pointersMax = 128
    /// Where the next field starts.
    package private(set) var offset: Int

    package init(_ bytes: [UInt8], offset: Int = 0) {
        self.bytes = bytes
        self.offset = offset
    }

    /// True when every byte has been read.
    package var isAtEnd: Bool { offset >= bytes.count }

    package mutating func readUInt8() throws(WireError) -> UInt8 {
        guard offset < bytes.count else { throw .truncated(offset: offset) }
        defer { offset += 1 }
        return bytes[offset]
    }

    package mutating func readUInt16() throws(WireError) -> UInt16 {
        guard bytes.count - offset >= 2 else { throw .truncated(offset: offset) }
        defer { offset += 2 }
        return UInt16(bytes[offset]) << 8 | UInt16(bytes[offset + 1])
    }

    package mutating func readUInt32() throws(WireError) -> UInt32 {
        UInt32(try readUInt16()) << 16 | UInt32(try readUInt16())
    }

    package mutating func readBytes(_ count: Int) throws(WireError) -> [UInt8] {
        guard count >= 0, bytes.count - offset >= count else { throw .truncated(offset: offset) }
        defer { offset += count }
        return Array(bytes[offset..<offset + count])
    }

    /// Reads a name, following compression pointers, which must point backwards.
    ///
    /// Each pointer must lead before the start of the part that holds it, so no chain can loop.
    /// RFC 1035 §4.1.4.
    package mutating func readName() throws(WireError) -> DomainName {
        var wire: [UInt8] = []
        var position = offset
        var partStart = offset
        var end: Int?
        var pointers = 0
        while true {
            guard position < bytes.count else { throw .truncated(offset: position) }
            let length = Int(bytes[position])
            switch length {
            case 0:
                wire.append(0)
                offset = end ?? position + 1
                return try DomainName(wire: wire)
            case 1...WireLimits.labelBytesMax:
                guard bytes.count - position > length else { throw .truncated(offset: position) }
                wire.append(contentsOf: bytes[position...position + length])
                guard wire.count < WireLimits.nameBytesMax else {
                    throw .nameTooLong(bytes: wire.count + 1)
                }
                position += 1 + length
            case 0xC0...0xFF:
                guard position + 1 < bytes.count else { throw .truncated(offset: position) }
                let target = (length & 0x3F) << 8 | Int(bytes[position + 1])
                pointers += 1
                guard target < partStart, pointers <= Self.pointersMax else {
                    throw .badPointer(offset: position)
                }
                if end == nil { end = position + 2 }
                position = target
                partStart = target
            default:
                throw .badLabelType(offset: position)
            }
        }
    }

    /// Reads one entry of the question section.
    package mutating func readQuestion() throws(WireError) -> Question {
        let name = try readName()
        let type = RecordType(rawValue: try readUInt16())
        return Question(name: name, type: type, recordClass: try readUInt16())
    }

    /// Reads one record; names in the rdata of the types that may compress are expanded.
    ///
    /// RFC 3597 §4 lists these types; SRV is read leniently, since old servers compress it too.
    package mutating func readRecord() throws(WireError) -> (record: ResourceRecord, class: UInt16)
    {
        let owner = try readName()
        let type = RecordType(rawValue: try readUInt16())
        let recordClass = try readUInt16()
        let ttlSeconds = try readUInt32()
        let length = Int(try readUInt16())
        let end = offset + length
        guard end <= bytes.count else { throw .truncated(offset: offset) }
        let rdata: [UInt8]
        if let layout = RData.nameLayout(of: type), length > 0 {
            var expanded = try readBytes(layout.bytesBefore)
            for _ in 0..<layout.names { expanded += try readName().wire }
            guard offset <= end else { throw .malformed(offset: offset) }
            rdata = expanded + (try readBytes(end - offset))
        } else {
            rdata = try readBytes(length)
        }
        let record = ResourceRecord(owner: owner, type: type, ttlSeconds: ttlSeconds, rdata: rdata)
        return (record, recordClass)
    }
}
