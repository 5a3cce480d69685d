internal import Synchronization

/// The fixed part of a name's block in the table; the block never changes once readers can see it.
///
///     NameEntry │ folded name, padded │ AnswerReference… │ note option │ CompiledAnswer…
///
/// `childCount` is the exception: only the writer reads and writes it.
@unsafe struct NameEntry {
    enum Here {
        static let rrsets: UInt8 = 0
        static let delegation: UInt8 = 1
        static let fallback: UInt8 = 2
    }

    enum Below {
        static let nothing: UInt8 = 0
        static let wildcard: UInt8 = 1
        static let fallback: UInt8 = 2
    }

    var hash: UInt64
    var zone: UnsafeMutablePointer<ZoneCell>
    /// The size of the whole block.
    var blockBytes: UInt32
    var referencesOffset: UInt32
    /// Where the encoded extended-error option is.
    var noteOffset: UInt32
    var noteBytes: UInt16
    /// Answers for the name itself; of a delegation the first is the referral, the rest the
    /// parent's.
    var hereCount: UInt16
    /// Answers of the wildcard, after those for the name itself.
    var belowCount: UInt16
    /// The name's length on the wire.
    var nameBytes: UInt8
    /// The length of its zone's apex on the wire.
    var apexBytes: UInt8
    var labelCount: UInt8
    var here: UInt8
    var below: UInt8
    var isApex: Bool
    /// False for an empty non-terminal.
    var isPublished: Bool
    /// Names one label below that are in the table; for the writer only.
    var childCount: UInt32

    /// Where the folded name starts.
    static let nameOffset = unsafe (MemoryLayout<NameEntry>.size + 7) & ~7

    /// Adds to the child count of a block that readers may be looking at; the new count.
    ///
    /// Why not through `pointee`: Swift takes that for a modification of the whole entry, in whose
    /// other fields the readers are.
    static func addChildren(_ difference: Int, to entry: UnsafeMutablePointer<Self>) -> UInt32 {
        guard let count = unsafe entry.pointer(to: \.childCount) else {
            preconditionFailure("a stored field has an address")
        }
        unsafe count.pointee = UInt32(Int(count.pointee) + difference)
        return unsafe count.pointee
    }
}

/// Which answer of a block belongs to which type.
struct AnswerReference {
    var type: UInt16
    var reserved: UInt16
    /// From the start of the block.
    var offset: UInt32
}

/// The fixed part of a compiled answer: all that follows the question, ready to be copied.
///
///     CompiledAnswer │ boundaries: UInt32 × (records + 1) │ PointerFixup… │ records
///
/// The first section holds the answers, or in a referral the NS records of the authority section.
struct CompiledAnswer {
    /// Records of the first section.
    var firstCount: UInt16
    var additionalCount: UInt16
    var firstBytes: UInt32
    var additionalBytes: UInt32
    var fixupCount: UInt32
    var recordsOffset: UInt32
    var rotates: Bool
    var isReferral: Bool
    /// True when one of the following two is less than `firstCount`.
    var isLimited = false
    /// Records of the first section that a reply gives at most.
    var countMax = UInt16.max
    var countMaxInSmallReply = UInt16.max
}

/// A compression pointer whose value depends on the question or on the rotation.
struct PointerFixup {
    /// Where the pointer is, from the start of the records.
    var position: UInt32
    /// Either the length of the question's suffix it points to, or a place in the first section.
    var value: UInt32
    var pointsIntoFirstSection: Bool
}

/// A zone of the table: it stays in place, and a new serial replaces only the SOA behind it.
struct ZoneCell: ~Copyable {
    /// The address of the current `StartOfAuthority` block.
    let startOfAuthority: Atomic<UInt>
    /// The length of the apex on the wire.
    let apexBytes: UInt8
    /// True when a name that is not in the zone may be known to others.
    let forwardsMisses: Atomic<Bool>

    init(startOfAuthority: UInt, apexBytes: UInt8, forwardsMisses: Bool) {
        self.startOfAuthority = Atomic(startOfAuthority)
        self.apexBytes = apexBytes
        self.forwardsMisses = Atomic(forwardsMisses)
    }
}

/// The fixed part of a zone's SOA block; the record from its type on follows, then the encoded
/// extended-error option of its NXDOMAIN answers.
struct StartOfAuthority {
    /// In network order, ready to be copied.
    var ttl: UInt32
    /// The lesser of TTL and MINIMUM (RFC 2308 §5), in network order.
    var negativeTTL: UInt32
    /// Bytes of type, class, TTL, length and rdata.
    var recordBytes: UInt32
    var noteBytes: UInt32

    static let recordOffset = MemoryLayout<StartOfAuthority>.size
}
