internal import DNSWire
internal import Synchronization

/// Writes one reply into its slot: header, echoed question, records, OPT.
///
/// Law of space: what does not fit goes, additional records first, then with TC set the others;
/// never the OPT. Every copy is bounded by `recordsEnd`, which leaves room for the OPT.
///
/// Cost: no allocation, except in `write(_:to:)` for the fallback's values.
@unsafe struct ReplyWriter {
    let query: UnsafePointer<UInt8>
    let reply: UnsafeMutableRawPointer
    let parsed: ParsedQuery
    private let settings: ReplySettings
    /// The reply's length so far.
    var count: Int
    /// Where the records must end.
    let recordsEnd: Int
    private(set) var responseCode: UInt16 = 0
    var isTruncated = false
    var isAuthoritative = false
    private var isComplete = false
    private var answerCount: UInt16 = 0
    private var authorityCount: UInt16 = 0
    private var additionalCount: UInt16 = 0
    private var note: UnsafeRawPointer?
    private var noteBytes = 0
    /// The option of the zone's note, if it has one.
    private var zoneNote: UnsafeRawPointer?
    /// An error without a text, when there is no note.
    private var infoCode: UInt16?

    private static let optBytes = 11

    @inline(__always)
    init(
        query: UnsafePointer<UInt8>,
        parsed: ParsedQuery,
        reply: UnsafeMutablePointer<UInt8>,
        settings: ReplySettings
    ) {
        unsafe self.query = unsafe query
        unsafe self.reply = UnsafeMutableRawPointer(reply)
        unsafe self.parsed = parsed
        unsafe self.settings = settings
        unsafe count = parsed.questionEnd
        var reserved = 0
        if parsed.hasEDNS {
            reserved = unsafe Self.optBytes
            if !parsed.options.isEmpty {
                reserved += parsed.options.clientSubnetBytes
                if parsed.options.wantsIdentifier { unsafe reserved += settings.identifierBytes }
                if parsed.options.hasCookie { reserved += ServerCookie.optionBytes }
            }
        }
        unsafe recordsEnd = parsed.replyBytesMax - reserved
        unsafe self.reply.copyMemory(from: query, byteCount: parsed.questionEnd)
    }

    // MARK: Verdicts

    /// A reply without records to a query that is not looked up.
    mutating func refuse(_ verdict: Verdict, hasQuestion: Bool) {
        switch verdict {
        case .formatError: unsafe responseCode = ResponseCode.formatError.rawValue
        case .notImplemented: unsafe responseCode = ResponseCode.notImplemented.rawValue
        case .badVersion: unsafe responseCode = ResponseCode.badVersion.rawValue
        case .notAuthoritative: unsafe responseCode = ResponseCode.notAuthoritative.rawValue
        case .prohibited:
            unsafe responseCode = ResponseCode.refused.rawValue
            unsafe infoCode = ExtendedError.prohibited
        case .badCookie: unsafe responseCode = ResponseCode.badCookie.rawValue
        case .overTCPOnly: unsafe isTruncated = true
        case .cookieOnly: break
        case .refused, .accepted, .transfer, .drop:
            unsafe responseCode = ResponseCode.refused.rawValue
        }
        if !hasQuestion { unsafe count = WireLimits.headerBytes }
    }

    /// SERVFAIL with the reason: the first zone has not been loaded (RFC 8914 §4.15).
    mutating func notReady() {
        unsafe responseCode = ResponseCode.serverFailure.rawValue
        unsafe infoCode = ExtendedError.notReady
    }

    /// REFUSED with the reason (RFC 8914 §4.21).
    mutating func outsideAllZones() {
        unsafe responseCode = ResponseCode.refused.rawValue
        unsafe infoCode = ExtendedError.notAuthoritative
    }

    /// The name's note goes with whatever is answered.
    @inline(__always)
    mutating func noteFrom(_ content: UnsafePointer<NameContent>) {
        unsafe noteBytes = Int(content.pointee.noteBytes)
        unsafe note = unsafe UnsafeRawPointer(content) + Int(content.pointee.noteOffset)
    }

    /// What the zone of `entry` says to every question.
    @inline(__always)
    mutating func zoneNoteFrom(_ entry: UnsafeMutablePointer<NameEntry>) {
        let address = unsafe entry.pointee.zone.pointee.note.load(ordering: .acquiring)
        unsafe zoneNote = unsafe UnsafeRawPointer(bitPattern: address)
    }

    /// NODATA or NXDOMAIN with the zone's SOA (RFC 2308 §2).
    @inline(__always)
    mutating func negative(_ entry: UnsafeMutablePointer<NameEntry>, isNameError: Bool) {
        unsafe startOfAuthority(entry, isAnswer: false)
        guard isNameError else { return }
        unsafe responseCode = ResponseCode.nameError.rawValue
        unsafe nameErrorNote(entry)
    }

    /// What the zone says to each NXDOMAIN.
    @inline(__always)
    private mutating func nameErrorNote(_ entry: UnsafeMutablePointer<NameEntry>) {
        let address = unsafe entry.pointee.zone.pointee.startOfAuthority.load(ordering: .acquiring)
        guard let block = unsafe UnsafeRawPointer(bitPattern: address) else { return }
        let soa = unsafe block.load(as: StartOfAuthority.self)
        guard soa.noteBytes > 0 else { return }
        unsafe noteBytes = Int(soa.noteBytes)
        unsafe note =
            unsafe block + StartOfAuthority.recordOffset + Int(soa.recordBytes)
    }

    /// The zone's SOA, in the answer or, with its negative TTL, in the authority section.
    @inline(__always)
    mutating func startOfAuthority(_ entry: UnsafeMutablePointer<NameEntry>, isAnswer: Bool) {
        unsafe isAuthoritative = true
        let address = unsafe entry.pointee.zone.pointee.startOfAuthority.load(ordering: .acquiring)
        guard let block = unsafe UnsafeRawPointer(bitPattern: address) else { return }
        let soa = unsafe block.load(as: StartOfAuthority.self)
        let byteCount = 2 + Int(soa.recordBytes)
        guard unsafe count + byteCount <= recordsEnd else {
            unsafe isTruncated = true
            return
        }
        // The apex is the end of the question's name.
        let apex = unsafe parsed.questionEnd - 4 - Int(entry.pointee.apexBytes)
        unsafe store(0xC000 | UInt16(truncatingIfNeeded: apex), at: count)
        unsafe (reply + count + 2).copyMemory(
            from: block + StartOfAuthority.recordOffset,
            byteCount: byteCount - 2
        )
        // The TTL follows owner, type and class.
        unsafe reply.storeBytes(
            of: isAnswer ? soa.ttl : soa.negativeTTL,
            toByteOffset: count + 6,
            as: UInt32.self
        )
        unsafe count += byteCount
        if isAnswer { unsafe answerCount = 1 } else { unsafe authorityCount = 1 }
    }

    // MARK: Compiled answers

    /// Copies `answer`, its first section beginning with record `first`.
    @inline(__always)
    mutating func write(_ answer: UnsafePointer<CompiledAnswer>, startingAt first: Int) {
        let header = unsafe answer.pointee
        let firstBytes = Int(header.firstBytes)
        let additionalBytes = Int(header.additionalBytes)
        unsafe isAuthoritative = !header.isReferral
        guard unsafe count + firstBytes + additionalBytes <= recordsEnd else {
            return unsafe writePart(answer, startingAt: first)
        }
        let records = unsafe UnsafeRawPointer(answer) + Int(header.recordsOffset)
        let start = first == 0 ? 0 : Int(unsafe boundary(answer, first))
        let target = unsafe reply + count
        unsafe target.copyMemory(from: records + start, byteCount: firstBytes - start)
        if start > 0 {
            unsafe (target + firstBytes - start).copyMemory(from: records, byteCount: start)
        }
        if additionalBytes > 0 {
            unsafe (target + firstBytes).copyMemory(
                from: records + firstBytes,
                byteCount: additionalBytes
            )
        }
        if header.fixupCount > 0 {
            unsafe fix(answer, start: start, copiedBytes: firstBytes + additionalBytes)
        }
        unsafe setCounts(header, first: header.firstCount, additional: header.additionalCount)
        unsafe count += firstBytes + additionalBytes
    }

    /// Copies `answer`, whose only record is that of `address` but for the rdata.
    mutating func write(_ answer: UnsafePointer<CompiledAnswer>, filledWith address: IPAddress) {
        unsafe write(answer, startingAt: 0)
        guard unsafe answerCount == 1 else { return }
        switch address {
        case .v4(let value):
            unsafe reply.storeBytes(of: value.bigEndian, toByteOffset: count - 4, as: UInt32.self)
        case .v6(let value):
            unsafe reply.storeBytes(of: value.bigEndian, toByteOffset: count - 16, as: UInt128.self)
        }
    }

    /// Copies as many whole records as fit.
    @inline(never)
    private mutating func writePart(
        _ answer: UnsafePointer<CompiledAnswer>,
        startingAt first: Int
    ) {
        let header = unsafe answer.pointee
        let records = unsafe UnsafeRawPointer(answer) + Int(header.recordsOffset)
        let space = unsafe recordsEnd - count
        let firstCount = Int(header.firstCount)
        var used = 0
        var written = 0
        while written < firstCount {
            let index =
                first + written < firstCount ? first + written : first + written - firstCount
            let start = Int(unsafe boundary(answer, index))
            let byteCount = Int(unsafe boundary(answer, index + 1)) - start
            guard used + byteCount <= space else { break }
            unsafe (reply + count + used).copyMemory(from: records + start, byteCount: byteCount)
            used += byteCount
            written += 1
        }
        var additional = 0
        if written == firstCount {
            while additional < Int(header.additionalCount) {
                let start = Int(unsafe boundary(answer, firstCount + additional))
                let byteCount = Int(unsafe boundary(answer, firstCount + additional + 1)) - start
                guard used + byteCount <= space else { break }
                unsafe (reply + count + used).copyMemory(
                    from: records + start,
                    byteCount: byteCount
                )
                used += byteCount
                additional += 1
            }
        }
        // Without its glue a referral is of no use (RFC 9471 §3).
        unsafe isTruncated =
            written < firstCount
            || header.isReferral && additional < Int(header.additionalCount)
        let start = first == 0 ? 0 : Int(unsafe boundary(answer, first))
        unsafe fix(answer, start: start, copiedBytes: used)
        unsafe setCounts(header, first: UInt16(written), additional: UInt16(additional))
        unsafe count += used
    }

    func fixups(
        _ answer: UnsafePointer<CompiledAnswer>
    ) -> UnsafePointer<PointerFixup> {
        let header = unsafe answer.pointee
        let records = Int(header.firstCount) + Int(header.additionalCount)
        let offset = MemoryLayout<CompiledAnswer>.stride + 4 * (records + 1)
        return unsafe (UnsafeRawPointer(answer) + offset)
            .assumingMemoryBound(to: PointerFixup.self)
    }

    /// Where record `index` starts, from the start of the records.
    @inline(__always)
    func boundary(_ answer: UnsafePointer<CompiledAnswer>, _ index: Int) -> UInt32 {
        unsafe (UnsafeRawPointer(answer) + MemoryLayout<CompiledAnswer>.stride)
            .assumingMemoryBound(to: UInt32.self)[index]
    }

    /// Sets the pointers of the records that were copied.
    private func fix(
        _ answer: UnsafePointer<CompiledAnswer>,
        start: Int,
        copiedBytes: Int
    ) {
        let header = unsafe answer.pointee
        let fixups = unsafe fixups(answer)
        var index = 0
        while index < Int(header.fixupCount) {
            let fixup = unsafe fixups[index]
            let position = Int(fixup.position)
            // Positions rise, and a record is copied whole or not at all.
            guard position < copiedBytes else { return }
            var target: Int
            if fixup.pointsIntoFirstSection {
                target = Int(fixup.value) - start
                if target < 0 { target += Int(header.firstBytes) }
                target += unsafe count
            } else {
                target = unsafe parsed.questionEnd - 4 - Int(fixup.value)
            }
            unsafe store(0xC000 | UInt16(truncatingIfNeeded: target), at: count + position)
            index += 1
        }
    }

    @inline(__always)
    mutating func setCounts(_ header: CompiledAnswer, first: UInt16, additional: UInt16) {
        if header.isReferral {
            unsafe authorityCount = first
        } else {
            unsafe answerCount = first
        }
        unsafe additionalCount = additional
    }

    // MARK: The end

    /// Adds the OPT record and writes the header.
    @inline(__always)
    mutating func finish() {
        guard unsafe !isComplete else { return }
        if unsafe parsed.hasEDNS { unsafe writeOPT() }
        let asked = unsafe query[2]
        let mirrored = unsafe query[3]
        // Opcode and RD are mirrored.
        let upper =
            unsafe 0x80 | (asked & 0x79) | (isAuthoritative ? 0x04 : 0) | (isTruncated ? 0x02 : 0)
        // CD is mirrored, AD is never set.
        let lower =
            unsafe (settings.setsRecursionAvailable ? 0x80 : 0) | (mirrored & 0x10)
            | UInt8(truncatingIfNeeded: responseCode & 0xF)
        unsafe reply.storeBytes(of: upper, toByteOffset: 2, as: UInt8.self)
        unsafe reply.storeBytes(of: lower, toByteOffset: 3, as: UInt8.self)
        unsafe store(parsed.questionEnd > WireLimits.headerBytes ? 1 : 0, at: 4)
        unsafe store(answerCount, at: 6)
        unsafe store(authorityCount, at: 8)
        unsafe store(additionalCount, at: 10)
    }

    @inline(__always)
    private mutating func writeOPT() {
        let start = unsafe count
        unsafe reply.storeBytes(of: 0, toByteOffset: start, as: UInt8.self)
        unsafe store(RecordType.opt.rawValue, at: start + 1)
        unsafe store(UInt16(truncatingIfNeeded: settings.udpPayloadBytesMax), at: start + 3)
        unsafe store((responseCode >> 4) << 8, at: start + 5)
        unsafe store(parsed.dnssecOK ? 0x8000 : 0, at: start + 7)
        unsafe count = start + Self.optBytes
        if unsafe !parsed.options.isEmpty { unsafe appendOptions() }
        let end = unsafe parsed.replyBytesMax
        if unsafe noteBytes > 0 {
            if unsafe count + noteBytes <= end, let note = unsafe note {
                unsafe (reply + count).copyMemory(from: note, byteCount: noteBytes)
                unsafe count += noteBytes
            }
        } else if let infoCode = unsafe infoCode, unsafe count + 6 <= end {
            unsafe store(EDNS.Option.extendedError, at: count)
            unsafe store(2, at: count + 2)
            unsafe store(infoCode, at: count + 4)
            unsafe count += 6
        }
        if let zoneNote = unsafe zoneNote {
            let byteCount = unsafe Int(zoneNote.load(as: ZoneNote.self).byteCount)
            if unsafe count + byteCount <= end {
                unsafe (reply + count)
                    .copyMemory(from: zoneNote + ZoneNote.optionOffset, byteCount: byteCount)
                unsafe count += byteCount
            }
        }
        unsafe store(UInt16(truncatingIfNeeded: count - start - Self.optBytes), at: start + 9)
        unsafe additionalCount += 1
    }

    /// The identifier when it was asked for, the cookie, and the client's subnet as it came, scope 0
    /// included.
    @inline(never)
    private mutating func appendOptions() {
        if unsafe parsed.options.wantsIdentifier, let option = unsafe settings.identifierOption {
            unsafe (reply + count).copyMemory(from: option, byteCount: settings.identifierBytes)
            unsafe count += settings.identifierBytes
        }
        if unsafe parsed.options.hasCookie {
            unsafe (reply + count).copyMemory(
                from: settings.cookieOption,
                byteCount: ServerCookie.optionBytes
            )
            unsafe count += ServerCookie.optionBytes
        }
        let byteCount = unsafe parsed.options.clientSubnetBytes
        if byteCount > 0 {
            unsafe (reply + count).copyMemory(
                from: query + parsed.options.clientSubnetOffset,
                byteCount: byteCount
            )
            unsafe count += byteCount
        }
    }

    /// Encodes what the fallback answered.
    @inline(never)
    mutating func write(_ answered: FallbackReply, to question: Question) {
        let bytes = unsafe head(question).encode(answered, zoneNote: zoneNoteOption)
        unsafe responseCode = answered.responseCode.rawValue
        unsafe isTruncated = bytes[2] & 0x02 != 0
        unsafe reply.copyMemory(from: bytes, byteCount: bytes.count)
        unsafe count = bytes.count
        unsafe isComplete = true
    }

    /// The zone's note as a value.
    private var zoneNoteOption: EDNS.Option? {
        guard let zoneNote = unsafe zoneNote else { return nil }
        let byteCount = unsafe Int(zoneNote.load(as: ZoneNote.self).byteCount)
        // Behind code and length (RFC 6891 §6.1.2).
        let payload = unsafe UnsafeRawBufferPointer(
            start: zoneNote + ZoneNote.optionOffset + 4,
            count: byteCount - 4
        )
        return unsafe EDNS.Option(code: EDNS.Option.extendedError, payload: Array(payload))
    }

    /// Writes nothing: the reply comes later.
    mutating func leaveUnanswered() {
        unsafe responseCode = WorkerCounters.unanswered
        unsafe count = 0
        unsafe isComplete = true
    }

    /// What any reply to this query mirrors of it.
    func head(_ question: Question) -> ReplyHead {
        // RD and CD are mirrored.
        var header = unsafe Header(
            id: UInt16(query[0]) << 8 | UInt16(query[1]),
            flags: UInt16(query[2]) << 8 & 0x0100 | UInt16(query[3]) & 0x0010
        )
        header.isResponse = true
        header.recursionAvailable = unsafe settings.setsRecursionAvailable
        var edns: EDNS?
        if unsafe parsed.hasEDNS {
            var opt = unsafe EDNS(
                udpPayloadBytes: UInt16(settings.udpPayloadBytesMax),
                dnssecOK: parsed.dnssecOK
            )
            if unsafe parsed.options.wantsIdentifier, let option = unsafe settings.identifierOption
            {
                let bytes = unsafe UnsafeRawBufferPointer(
                    start: option,
                    count: settings.identifierBytes
                )
                opt.options.append(
                    EDNS.Option(
                        code: EDNS.Option.nameServerIdentifier,
                        payload: unsafe Array(bytes.dropFirst(4))
                    )
                )
            }
            if unsafe parsed.options.hasCookie {
                let bytes = unsafe UnsafeRawBufferPointer(
                    start: settings.cookieOption,
                    count: ServerCookie.optionBytes
                )
                opt.options.append(
                    EDNS.Option(
                        code: EDNS.Option.cookie,
                        payload: unsafe Array(bytes.dropFirst(4))
                    )
                )
            }
            edns = opt
        }
        return unsafe ReplyHead(
            header: header,
            question: question,
            edns: edns,
            clientSubnet: parsed.clientSubnet(in: query),
            bytesMax: parsed.replyBytesMax
        )
    }

    /// Stores a value in network order.
    @inline(__always)
    func store(_ value: UInt16, at offset: Int) {
        unsafe reply.storeBytes(of: value.bigEndian, toByteOffset: offset, as: UInt16.self)
    }
}
