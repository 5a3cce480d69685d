/// Writes the fields of a message one after another and compresses names.
///
/// For the rare query, tests and clients: it allocates. The common answer is compiled instead.
package struct MessageWriter {
    package private(set) var bytes: [UInt8] = []
    /// Folded suffixes that are already in the message, with their offsets.
    private var suffixes: [ArraySlice<UInt8>: Int] = [:]

    package init() {}

    package mutating func write(_ value: UInt8) {
        bytes.append(value)
    }

    package mutating func write(_ value: UInt16) {
        bytes.append(UInt8(value >> 8))
        bytes.append(UInt8(truncatingIfNeeded: value))
    }

    package mutating func write(_ value: UInt32) {
        write(UInt16(value >> 16))
        write(UInt16(truncatingIfNeeded: value))
    }

    package mutating func write(_ values: some Sequence<UInt8>) {
        bytes.append(contentsOf: values)
    }

    /// Overwrites the two bytes at `offset`.
    package mutating func patch(_ value: UInt16, at offset: Int) {
        bytes[offset] = UInt8(value >> 8)
        bytes[offset + 1] = UInt8(truncatingIfNeeded: value)
    }

    /// Writes `name`; what the message already holds of it becomes a pointer (RFC 1035 §4.1.4).
    package mutating func write(_ name: DomainName, compressed: Bool = true) {
        let folded = name.lowercased.wire
        var start = 0
        while folded[start] != 0 {
            if compressed, let offset = suffixes[folded[start...]] {
                return write(0xC000 | UInt16(offset))
            }
            if bytes.count < WireLimits.pointerReachBytes, suffixes[folded[start...]] == nil {
                suffixes[folded[start...]] = bytes.count
            }
            let end = start + 1 + Int(folded[start])
            write(name.wire[start..<end])
            start = end
        }
        write(UInt8(0))
    }

    package mutating func write(_ question: Question) {
        write(question.name)
        write(question.type.rawValue)
        write(question.recordClass)
    }

    /// Writes a record of class IN; false, and nothing written, when the message would exceed
    /// `bytesMax`.
    @discardableResult
    package mutating func write(
        _ record: ResourceRecord,
        bytesMax: Int = WireLimits.messageBytesMax
    ) -> Bool {
        let start = bytes.count
        write(record.owner)
        write(record.type.rawValue)
        write(Question.internet)
        write(record.ttlSeconds)
        let lengthOffset = bytes.count
        write(UInt16(0))
        if !writeNames(of: record) {
            bytes.removeSubrange((lengthOffset + 2)...)
            write(record.rdata)
        }
        let length = bytes.count - lengthOffset - 2
        guard bytes.count <= bytesMax, length <= Int(UInt16.max) else {
            truncate(to: start)
            return false
        }
        patch(UInt16(length), at: lengthOffset)
        return true
    }

    /// Writes the OPT record; EDNS is never compressed nor dropped.
    package mutating func write(_ edns: EDNS) {
        write(UInt8(0))
        write(RecordType.opt.rawValue)
        write(edns.udpPayloadBytes)
        write(edns.ttl)
        let rdata = edns.rdata
        write(UInt16(clamping: rdata.count))
        write(rdata)
    }

    /// Writes rdata of a type that may compress; false when it is another type or is not
    /// well-formed.
    private mutating func writeNames(of record: ResourceRecord) -> Bool {
        // Whole (RFC 6672 §2.5), but later names may point into it: the CNAME that comes of it does.
        if record.type == .dname, let target = try? DomainName(wire: record.rdata) {
            write(target, compressed: false)
            return true
        }
        guard record.type != .srv, let layout = RData.nameLayout(of: record.type) else {
            return false
        }
        var reader = MessageReader(record.rdata)
        guard let before = try? reader.readBytes(layout.bytesBefore) else { return false }
        write(before)
        for _ in 0..<layout.names {
            guard let name = try? reader.readName() else { return false }
            write(name)
        }
        write(record.rdata[reader.offset...])
        return true
    }

    /// Forgets everything after `count` bytes.
    private mutating func truncate(to count: Int) {
        bytes.removeSubrange(count...)
        suffixes = suffixes.filter { $0.value < count }
    }
}
