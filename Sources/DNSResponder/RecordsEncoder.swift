internal import DNSWire

/// The records of an answer while it is compiled: bytes, boundaries and pointers to fix.
struct RecordsEncoder {
    private(set) var bytes: [UInt8] = []
    /// Where each record starts, and the end.
    private(set) var boundaries: [UInt32] = [0]
    var fixups: [PointerFixup] = []
    private(set) var firstCount = 0
    private(set) var firstBytes = 0

    init() {}

    /// Records that are encoded already.
    init(_ packed: PackedRecords) {
        bytes = packed.bytes
        boundaries = packed.boundaries
    }

    /// Makes room for `count` records with `rdataBytes` of rdata in all.
    mutating func reserve(records count: Int, rdataBytes: Int) {
        bytes.reserveCapacity(bytes.count + 12 * count + rdataBytes)
        boundaries.reserveCapacity(boundaries.count + count)
    }

    /// What comes next are additional records.
    mutating func closeFirstSection() {
        firstCount = boundaries.count - 1
        firstBytes = bytes.count
    }

    /// Writes a pointer whose value is set in each reply.
    mutating func appendPointer(toFirstSection place: Int) {
        fixups.append(PointerFixup(at: bytes.count, toFirstSection: place))
        bytes += [0xC0, 0]
    }

    /// The same to the last `byteCount` bytes of the question's name.
    mutating func appendPointer(toQuestionEnd byteCount: Int) {
        fixups.append(PointerFixup(at: bytes.count, toQuestionEnd: byteCount))
        bytes += [0xC0, 0]
    }

    /// Writes `owner`; the labels it ends with like `question` become a pointer into the question.
    mutating func appendOwner(_ owner: DomainName, sharing question: DomainName) {
        var start = owner.wire.count - 1
        var shared = question
        while let parent = shared.parent {
            if owner.isSubdomain(of: shared) {
                start = owner.wire.count - shared.wire.count
                break
            }
            shared = parent
        }
        bytes += owner.wire[..<start]
        guard start < owner.wire.count - 1 else { return bytes.append(0) }
        appendPointer(toQuestionEnd: owner.wire.count - start)
    }

    /// Writes all of a record that follows its owner.
    mutating func appendBody(_ type: RecordType, ttlSeconds: UInt32, rdata: [UInt8]) {
        let head =
            UInt64(type.rawValue) << 48 | UInt64(Question.internet) << 32 | UInt64(ttlSeconds)
        unsafe withUnsafeBytes(of: head.bigEndian) { unsafe bytes.append(contentsOf: $0) }
        bytes.append(UInt8(truncatingIfNeeded: rdata.count >> 8))
        bytes.append(UInt8(truncatingIfNeeded: rdata.count))
        bytes += rdata
        boundaries.append(UInt32(bytes.count))
    }

    /// A record whose owner is the question's name.
    mutating func append(_ type: RecordType, ttlSeconds: UInt32, rdata: [UInt8]) {
        bytes.append(0xC0)
        bytes.append(UInt8(WireLimits.headerBytes))
        appendBody(type, ttlSeconds: ttlSeconds, rdata: rdata)
    }
}
