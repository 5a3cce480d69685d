internal import DNSWire
internal import Synchronization

/// Packet in, packet out: everything that happens to one query, on one thread.
///
/// Parse the question, find the closest entry of the table, copy its compiled answer behind the
/// echoed question, fix pointers, add the OPT record. `prepare` does the first for all queries of a
/// batch, `answer` the rest for each.
///
/// Cost: no allocation, no lock and no retain, unless the name is left to the fallback.
@safe struct QueryServer: ~Copyable {
    var reader: TableReader
    /// The queries of a batch, `batchMax` of them.
    private let prepared: UnsafeMutablePointer<PreparedQuery>
    /// The one that is being answered.
    ///
    /// Its name is read through it: an accessor that lends a value which cannot be copied allocates a
    /// frame wherever it is not inlined.
    var current: UnsafeMutablePointer<PreparedQuery>
    let counters: WorkerCounters
    let settings: ReplySettings
    /// Where the current batch comes from.
    var origin = unsafe QueryOrigin.inProcess(client: nil)
    let fallback: any QueryFallback
    /// Nil when nobody else is asked.
    let forwarding: QueryForwarding?
    /// Nil when nobody gets whole zones.
    let transfers: TransferHandover?
    /// Replies that are owed to the connection which `origin` is.
    var connectionPending = 0
    var protection: ProtectionReader
    var limiter = RateLimiter()
    var clock = QueryClock()
    /// What `admit` found in the current query.
    var cookie = CookieFinding.none
    /// State of the generator that picks where a rotating answer starts.
    private var random: UInt64

    /// As many queries may be prepared at once.
    static let batchMax = 64
    /// Messages over TCP may be this long; no reply buffer needs more.
    static let replyBytesMax = WireLimits.messageBytesMax

    init(
        reader: consuming TableReader,
        hashKey: HashKey,
        settings: ReplySettings,
        protection: consuming ProtectionReader,
        counters: WorkerCounters,
        fallback: any QueryFallback,
        forwarding: QueryForwarding? = nil,
        transfers: TransferHandover? = nil
    ) {
        self.reader = reader
        unsafe self.settings = unsafe settings
        self.protection = protection
        self.fallback = fallback
        self.forwarding = forwarding
        self.transfers = transfers
        unsafe prepared = .allocate(capacity: Self.batchMax)
        for slot in 0..<Self.batchMax {
            unsafe (prepared + slot).initialize(to: PreparedQuery(hashKey: hashKey))
        }
        unsafe current = unsafe prepared
        self.counters = counters
        random = UInt64.random(in: 0...UInt64.max)
    }

    deinit {
        unsafe prepared.deinitialize(count: Self.batchMax)
        unsafe prepared.deallocate()
        unsafe settings.deallocate()
    }

    /// Parses the `count` bytes at `query`, which has 8 more readable ones, as query `slot` of a
    /// batch; `beginBatch()` was called for it.
    @inline(__always)
    mutating func prepare(_ slot: Int, _ query: UnsafePointer<UInt8>, count: Int) {
        let prepared = unsafe prepared + slot
        unsafe prepared.pointee.parsed = ParsedQuery()
        unsafe prepared.pointee.verdict = QueryParser.parse(
            query,
            count: count,
            into: &prepared.pointee.parsed,
            name: &prepared.pointee.name,
            udpPayloadBytesMax: settings.udpPayloadBytesMax
        )
        guard unsafe prepared.pointee.verdict == .accepted else { return }
        unsafe prepared.pointee.name.foldAndHash(query + WireLimits.headerBytes)
        if let slots = unsafe reader.slots {
            unsafe slots.prefetchSlot(of: prepared.pointee.name.hash(0))
        }
    }

    /// Asks for the memory that the first `count` prepared queries will be answered from.
    ///
    /// *Why:* what the kernel does between batches drives the table out of the caches; asked for in
    /// a row, it comes all at once, where each query by itself would wait for it three times.
    /// Measured with 300,000 names in random order: some 0.8 µs less a query.
    @inline(__always)
    func prefetch(_ count: Int) {
        guard let slots = unsafe reader.slots else { return }
        for slot in 0..<count where unsafe prepared[slot].verdict == .accepted {
            unsafe slots.prefetchEntry(of: prepared[slot].name.hash(0))
        }
        for slot in 0..<count where unsafe prepared[slot].verdict == .accepted {
            unsafe slots.prefetchContent(of: prepared[slot].name.hash(0))
        }
    }

    /// Answers the `count` bytes at `query` into `reply`, without others of a batch.
    mutating func serve(
        _ query: UnsafePointer<UInt8>,
        count: Int,
        reply: UnsafeMutablePointer<UInt8>,
        overTCP: Bool
    ) -> Int {
        unsafe prepare(0, query, count: count)
        return unsafe answer(0, query, reply: reply, overTCP: overTCP)
    }

    /// Answers the prepared query `slot`, which is at `query`, into `reply`; its length, 0 for
    /// silence or a late reply.
    ///
    /// `reply` has room for the largest UDP reply of the settings, and over TCP for
    /// `replyBytesMax`.
    mutating func answer(
        _ slot: Int,
        _ query: UnsafePointer<UInt8>,
        reply: UnsafeMutablePointer<UInt8>,
        overTCP: Bool
    ) -> Int {
        unsafe current = unsafe prepared + slot
        var verdict = unsafe current.pointee.verdict
        guard verdict != .drop else {
            counters.add(1, to: WorkerCounters.Field.dropped)
            return 0
        }
        let protection = unsafe protection.protection
        if unsafe current.pointee.parsed.options.hasCookie || protection.pointee.guardsAll {
            verdict = unsafe admit(verdict, query: query, overTCP: overTCP)
        }
        var parsed = unsafe current.pointee.parsed
        if overTCP { parsed.replyBytesMax = Self.replyBytesMax }
        var writer = unsafe ReplyWriter(
            query: query,
            parsed: parsed,
            reply: reply,
            settings: settings
        )
        if verdict == .accepted {
            counters.add(
                1,
                to: WorkerCounters.Field.types + WorkerCounters.bucket(parsed.type)
            )
            unsafe lookUp(parsed, query: query, overTCP: overTCP, into: &writer)
        } else if verdict == .transfer {
            unsafe transfer(parsed, query: query, overTCP: overTCP, into: &writer)
        } else {
            unsafe writer.refuse(verdict, hasQuestion: parsed.questionEnd > WireLimits.headerBytes)
        }
        unsafe writer.finish()
        if unsafe protection.pointee.limitsRates, !overTCP, unsafe writer.count > 0 {
            let code = unsafe writer.responseCode
            switch unsafe limit(query, reply: reply, responseCode: code) {
            case .send: break
            case .drop: return 0
            case .truncate: return unsafe truncate(query, reply: reply)
            }
        }
        unsafe counters.add(1, to: WorkerCounters.Field.responseCodes + Int(writer.responseCode))
        if unsafe writer.isTruncated { counters.add(1, to: WorkerCounters.Field.truncated) }
        return unsafe writer.count
    }

    /// Counts messages of a TCP connection.
    func count(_ tally: StreamTally) {
        counters.add(UInt64(tally.messages), to: WorkerCounters.Field.overTCP)
        counters.add(UInt64(tally.receivedBytes), to: WorkerCounters.Field.receivedBytes)
        counters.add(UInt64(tally.sentBytes), to: WorkerCounters.Field.sentBytes)
    }

    /// Finds the entry of the name or its closest encloser, and writes what it says (RFC 1034
    /// §4.3.2).
    @inline(__always)
    private mutating func lookUp(
        _ parsed: ParsedQuery,
        query: UnsafePointer<UInt8>,
        overTCP: Bool,
        into writer: inout ReplyWriter
    ) {
        guard let slots = unsafe reader.slots else { return unsafe writer.notReady() }
        let labelCount = unsafe current.pointee.name.labelCount
        var label = max(0, labelCount - reader.labelsMax)
        while label <= labelCount {
            guard let entry = unsafe slots.find(current.pointee.name, label: label) else {
                label += 1
                continue
            }
            let content = unsafe entry.pointee.currentContent
            unsafe writer.zoneNoteFrom(entry)
            // The note is about the name itself, or about what its wildcard or referral answers.
            if unsafe label == 0 || content.pointee.below != NameContent.Below.nothing
                || content.pointee.here != NameContent.Here.rrsets
            {
                unsafe writer.noteFrom(content)
            }
            let isLeftToFallback =
                if label == 0 {
                    unsafe answerHere(entry, content, parsed.type, into: &writer)
                } else {
                    unsafe answerBelow(entry, content, label, parsed.type, into: &writer)
                }
            if isLeftToFallback {
                unsafe leave(entry, content, parsed, query: query, overTCP: overTCP, into: &writer)
            }
            return
        }
        unsafe leaveZones(parsed, query: query, overTCP: overTCP, into: &writer)
    }

    /// The name itself is in the table; true when the fallback must answer.
    @inline(__always)
    private mutating func answerHere(
        _ entry: UnsafeMutablePointer<NameEntry>,
        _ content: UnsafePointer<NameContent>,
        _ type: UInt16,
        into writer: inout ReplyWriter
    ) -> Bool {
        let references = unsafe references(content, skipping: 0)
        let count = unsafe Int(content.pointee.hereCount)
        switch unsafe content.pointee.here {
        case NameContent.Here.rrsets:
            if let answer = unsafe find(type, in: references, count: count, of: content) {
                unsafe write(answer, into: &writer)
            } else if unsafe !entry.pointee.isApex {
                unsafe writer.negative(entry, isNameError: false)
            } else if type == RecordType.soa.rawValue || type == RecordType.any.rawValue {
                unsafe writer.startOfAuthority(entry, isAnswer: true)
            } else if type == RecordType.ds.rawValue {
                // A zone above it that is served here answers (RFC 4035 §3.1.4.1).
                return true
            } else {
                unsafe writer.negative(entry, isNameError: false)
            }
            return false
        case NameContent.Here.delegation:
            // The parent's side of the cut answers DS (RFC 4035 §3.1.4.1); all else is the child's.
            if type != RecordType.any.rawValue,
                let answer = unsafe find(type, in: references + 1, count: count - 1, of: content)
            {
                unsafe write(answer, into: &writer)
            } else if type == RecordType.ds.rawValue {
                unsafe writer.negative(entry, isNameError: false)
            } else {
                unsafe write(answer(references[0], of: content), into: &writer)
            }
            return false
        default:
            return true
        }
    }

    /// The entry is the closest encloser of a name that is not there; true when the fallback must
    /// answer.
    @inline(__always)
    private mutating func answerBelow(
        _ entry: UnsafeMutablePointer<NameEntry>,
        _ content: UnsafePointer<NameContent>,
        _ label: Int,
        _ type: UInt16,
        into writer: inout ReplyWriter
    ) -> Bool {
        let here = unsafe content.pointee.here
        if here == NameContent.Here.delegation {
            unsafe write(answer(references(content, skipping: 0)[0], of: content), into: &writer)
            return false
        }
        switch unsafe content.pointee.below {
        case NameContent.Below.nothing:
            if unsafe entry.pointee.zone.pointee.misses.load(ordering: .relaxed) != 0 {
                return true
            }
            unsafe writer.negative(entry, isNameError: true)
            return false
        case NameContent.Below.wildcard:
            let references = unsafe references(content, skipping: Int(content.pointee.hereCount))
            let count = unsafe Int(content.pointee.belowCount)
            if let answer = unsafe find(type, in: references, count: count, of: content) {
                unsafe write(answer, into: &writer)
            } else {
                unsafe writer.negative(entry, isNameError: false)
            }
            return false
        case NameContent.Below.addresses:
            unsafe answerAddress(entry, content, label, type, into: &writer)
            return false
        default:
            return true
        }
    }

    /// The name is one label below the entry and may spell an address: the record is made here, as
    /// a million of them would be too many to keep.
    @inline(never)
    private mutating func answerAddress(
        _ entry: UnsafeMutablePointer<NameEntry>,
        _ content: UnsafePointer<NameContent>,
        _ label: Int,
        _ type: UInt16,
        into writer: inout ReplyWriter
    ) {
        guard label == 1, let address = unsafe current.pointee.name.hexadecimalAddress,
            reader.hasAddress(address)
        else {
            return unsafe writer.negative(entry, isNameError: true)
        }
        var index = unsafe Int(content.pointee.hereCount)
        if case .v6 = address { index += 1 }
        let reference = unsafe references(content, skipping: index)[0]
        if type == reference.type || type == RecordType.any.rawValue {
            unsafe writer.write(answer(reference, of: content), filledWith: address)
        } else {
            unsafe writer.negative(entry, isNameError: false)
        }
    }

    @inline(__always)
    private func references(
        _ content: UnsafePointer<NameContent>,
        skipping count: Int
    ) -> UnsafePointer<AnswerReference> {
        let start = unsafe UnsafeRawPointer(content) + NameContent.referencesOffset
        return unsafe start.assumingMemoryBound(to: AnswerReference.self) + count
    }

    /// The answer of a type; for ANY the first one (RFC 8482 §4.1).
    @inline(__always)
    private func find(
        _ type: UInt16,
        in references: UnsafePointer<AnswerReference>,
        count: Int,
        of content: UnsafePointer<NameContent>
    ) -> UnsafePointer<CompiledAnswer>? {
        var index = 0
        while index < count {
            let reference = unsafe references[index]
            if reference.type == type || type == RecordType.any.rawValue {
                return unsafe answer(reference, of: content)
            }
            index &+= 1
        }
        return nil
    }

    @inline(__always)
    private func answer(
        _ reference: AnswerReference,
        of content: UnsafePointer<NameContent>
    ) -> UnsafePointer<CompiledAnswer> {
        unsafe (UnsafeRawPointer(content) + Int(reference.offset))
            .assumingMemoryBound(to: CompiledAnswer.self)
    }

    @inline(__always)
    private mutating func write(
        _ answer: UnsafePointer<CompiledAnswer>,
        into writer: inout ReplyWriter
    ) {
        if unsafe answer.pointee.isLimited, unsafe writeLimited(answer, into: &writer) { return }
        var first = 0
        if unsafe answer.pointee.rotates { first = unsafe randomIndex(answer.pointee.firstCount) }
        unsafe writer.write(answer, startingAt: first)
    }

    /// A counter would run in step with clients that ask for A and AAAA in turn; this does not.
    @inline(__always)
    private mutating func randomIndex(_ count: UInt16) -> Int {
        random = random &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return Int(((random >> 32) &* UInt64(count)) >> 32)
    }

    /// Writes the records that this client gets of an answer with a limit; false when the limit
    /// leaves out nothing of this reply.
    @inline(never)
    private mutating func writeLimited(
        _ answer: UnsafePointer<CompiledAnswer>,
        into writer: inout ReplyWriter
    ) -> Bool {
        let header = unsafe answer.pointee
        let inSmallReply = unsafe writer.isSmall ? header.countMaxInSmallReply : .max
        let countMax = min(header.countMax, inSmallReply)
        guard countMax < header.firstCount else { return false }
        let first =
            if let client = unsafe origin.client(of: writer.query) {
                client.share(of: Int(header.firstCount))
            } else {
                randomIndex(header.firstCount)
            }
        unsafe writer.writeLimited(answer, startingAt: first, countMax: Int(countMax))
        return true
    }
}

extension IPAddress {
    /// A number below `count` that is always the same for one address, and evenly spread.
    fileprivate func share(of count: Int) -> Int {
        var hash: UInt64
        switch self {
        case .v4(let value): hash = UInt64(value)
        case .v6(let value):
            hash = UInt64(truncatingIfNeeded: value) ^ UInt64(truncatingIfNeeded: value >> 64)
        }
        // The finalizer of splitmix64: neighbours in a network end up far apart.
        hash = (hash ^ hash >> 30) &* 0xBF58_476D_1CE4_E5B9
        hash = (hash ^ hash >> 27) &* 0x94D0_49BB_1331_11EB
        hash ^= hash >> 31
        return Int(((hash >> 32) &* UInt64(count)) >> 32)
    }
}
