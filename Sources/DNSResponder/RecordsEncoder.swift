internal import DNSWire

/// The records of an answer while it is compiled: bytes, boundaries and pointers to fix.
struct RecordsEncoder {
    private(set) var bytes: [UInt8] = []
    /// Where each record starts, and the end.
    private(set) var boundaries: [UInt32] = [0]
    var fixups: [PointerFixup] = []
    private(set) var firstCount = 0
    private(set) var firstBytes = 0

    mutating func append(_ more: [UInt8]) {
        bytes += more
    }

    /// What comes next are additional records.
    mutating func closeFirstSection() {
        firstCount = boundaries.count - 1
        firstBytes = bytes.count
    }

    /// Writes `owner`; the labels it ends with like `question` become a pointer into the question.
    mutating func appendOwner(_ owner: DomainName, sharing question: DomainName) {
        let folded = owner.lowercased.wire
        var shared = question.lowercased
        var start = folded.count - 1
        while let parent = shared.parent {
            if owner.isSubdomain(of: shared) {
                start = folded.count - shared.wire.count
                break
            }
            shared = parent
        }
        append(Array(owner.wire[..<start]))
        guard start < folded.count - 1 else { return append([0]) }
        fixups.append(
            PointerFixup(
                position: UInt32(bytes.count),
                value: UInt32(folded.count - start),
                pointsIntoFirstSection: false
            )
        )
        append([0xC0, 0])
    }

    /// Writes all of a record that follows its owner.
    mutating func appendBody(_ record: ResourceRecord) {
        bytes.append(bigEndian: record.type.rawValue)
        bytes.append(bigEndian: Question.internet)
        bytes.append(bigEndian: UInt16(record.ttlSeconds >> 16))
        bytes.append(bigEndian: UInt16(truncatingIfNeeded: record.ttlSeconds))
        bytes.append(bigEndian: UInt16(record.rdata.count))
        bytes += record.rdata
        boundaries.append(UInt32(bytes.count))
    }
}

extension [UInt8] {
    fileprivate mutating func append(bigEndian value: UInt16) {
        append(UInt8(value >> 8))
        append(UInt8(truncatingIfNeeded: value))
    }
}
