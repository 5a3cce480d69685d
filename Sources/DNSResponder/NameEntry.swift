internal import Synchronization

/// A name's block in the table: this, then the folded name, padded to whole words.
///
/// What is answered stands apart, as many names may answer alike: a change of a service makes one
/// block of content and swaps it in at each of the names. All else never changes while readers can
/// see it; `childCount` is the writer's alone.
@unsafe struct NameEntry: ~Copyable {
    let hash: UInt64
    let zone: UnsafeMutablePointer<ZoneCell>
    /// The address of the name's `NameContent` block.
    let content: Atomic<UInt>
    /// Names one label below that are in the table.
    let childCount: Atomic<UInt32>
    /// The name's length on the wire.
    let nameBytes: UInt8
    /// The length of its zone's apex on the wire.
    let apexBytes: UInt8
    let labelCount: UInt8
    let isApex: Bool

    /// Where the folded name starts.
    static let nameOffset = unsafe (MemoryLayout<NameEntry>.size + 7) & ~7

    /// The size of the block of a name of `nameBytes`.
    static func blockBytes(nameBytes: Int) -> Int { unsafe (nameOffset + nameBytes + 7) & ~7 }

    /// What is answered now.
    @inline(__always)
    var currentContent: UnsafePointer<NameContent> {
        // SAFETY: an entry is made with content, and readers may read what they found until they
        // say that they moved on (`QuiescentState`).
        unsafe UnsafePointer(bitPattern: content.load(ordering: .acquiring)).unsafelyUnwrapped
    }
}

/// What names answer: this, the references to the answers, the extended-error option, the answers.
///
///     NameContent │ AnswerReference… │ note option │ CompiledAnswer…
///
/// It never changes, but for `nameCount`, which is the writer's alone.
struct NameContent {
    enum Here {
        static let rrsets: UInt8 = 0
        static let delegation: UInt8 = 1
        static let fallback: UInt8 = 2
    }

    enum Below {
        static let nothing: UInt8 = 0
        static let wildcard: UInt8 = 1
        static let fallback: UInt8 = 2
        /// The names of addresses: one answer for A and one for AAAA whose rdata are filled in.
        static let addresses: UInt8 = 3
    }

    /// The size of the whole block.
    var blockBytes: UInt32
    /// Names that answer so; for the writer only.
    var nameCount: UInt32 = 0
    var noteOffset: UInt32 = 0
    var noteBytes: UInt16 = 0
    /// Answers for the name itself; of a delegation the first is the referral, the rest the
    /// parent's.
    var hereCount: UInt16 = 0
    /// Answers for names below, after those for the name itself.
    var belowCount: UInt16 = 0
    var here: UInt8
    var below: UInt8 = Below.nothing

    static let referencesOffset = MemoryLayout<NameContent>.stride
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
    private var target: UInt32

    private static let firstSection: UInt32 = 0x8000_0000

    /// A pointer to a place in the first section.
    init(at position: Int, toFirstSection place: Int) {
        self.position = UInt32(position)
        target = UInt32(place) | Self.firstSection
    }

    /// A pointer to the last `byteCount` bytes of the question's name.
    init(at position: Int, toQuestionEnd byteCount: Int) {
        self.position = UInt32(position)
        target = UInt32(byteCount)
    }

    /// Either the length of the question's suffix it points to, or a place in the first section.
    var value: UInt32 { target & ~Self.firstSection }
    var pointsIntoFirstSection: Bool { target & Self.firstSection != 0 }
}

/// A zone of the table: it stays in place, and a new serial replaces only the SOA behind it.
struct ZoneCell: ~Copyable {
    /// The address of the current `StartOfAuthority` block.
    let startOfAuthority: Atomic<UInt>
    /// The length of the apex on the wire.
    let apexBytes: UInt8
    /// What to do about a name that is not there.
    let misses: Atomic<UInt8>
    /// The address of a `ZoneNote` block that goes with every answer; mostly 0.
    let note = Atomic<UInt>(0)

    /// NXDOMAIN when nothing else is said.
    enum Misses {
        /// It may be known to others.
        static let areForwarded: UInt8 = 1
        /// It may be the reverse name of an address.
        static let mayBeAddresses: UInt8 = 2
    }

    init(startOfAuthority: UInt, apexBytes: UInt8, misses: UInt8) {
        self.startOfAuthority = Atomic(startOfAuthority)
        self.apexBytes = apexBytes
        self.misses = Atomic(misses)
    }
}

/// The fixed part of a zone's note: the encoded extended-error option follows.
struct ZoneNote {
    var byteCount: UInt32

    static let optionOffset = MemoryLayout<ZoneNote>.stride
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
