internal import DNSWire

/// Compiles what is published for names into a block of content, offsets from the block's start.
///
/// For the writer only: it allocates.
struct ContentEncoder {
    /// A name that errors speak of.
    private let name: DomainName
    /// What all names end with that have this content: additional records may point there.
    private let sharedEnd: DomainName
    private var answers: [Answer] = []

    /// An answer whose parts are not yet laid out.
    fileprivate struct Answer {
        var type: RecordType
        var records: RecordsEncoder
        var rotates = false
        var isReferral = false
        var limit = AnswerLimit()
    }

    private init(name: DomainName, sharedEnd: DomainName) {
        self.name = name
        self.sharedEnd = sharedEnd
    }

    /// What a name answers that has no records.
    static func empty() -> UnsafeMutablePointer<NameContent> {
        unsafe ContentEncoder(name: .root, sharedEnd: .root)
            .block(NameContent(blockBytes: 0, here: NameContent.Here.rrsets), note: [])
    }

    /// The content of one name.
    static func block(
        _ published: PublishedName
    ) throws(AnswerTableError) -> UnsafeMutablePointer<NameContent> {
        var encoder = ContentEncoder(name: published.name, sharedEnd: published.name)
        var header = NameContent(blockBytes: 0, here: NameContent.Here.rrsets)
        switch published.here {
        case .rrsets(let rrsets):
            try encoder.add(rrsets)
        case .delegation(let nameServers, let parentSide):
            header.here = NameContent.Here.delegation
            try encoder.addReferral(nameServers)
            for rrset in parentSide { try encoder.add(rrset) }
        case .fallback:
            header.here = NameContent.Here.fallback
        }
        let hereCount = encoder.answers.count
        switch published.below {
        case .nothing:
            break
        case .wildcard(let rrsets):
            header.below = NameContent.Below.wildcard
            for rrset in rrsets { try encoder.add(rrset) }
        case .fallback:
            header.below = NameContent.Below.fallback
        case .addresses(let ttlSeconds):
            header.below = NameContent.Below.addresses
            for address in [IPAddress.v4(0), .v6(0)] {
                try encoder.add(
                    PublishedRRset(
                        type: address.recordType,
                        ttlSeconds: ttlSeconds,
                        rdata: [address.rdata]
                    )
                )
            }
        }
        guard encoder.answers.count <= Int(UInt16.max) else {
            throw AnswerTableError(name: published.name, reason: "it has too many record types")
        }
        header.hereCount = UInt16(hereCount)
        header.belowCount = UInt16(encoder.answers.count - hereCount)
        return unsafe encoder.block(header, note: Self.note(published.note))
    }

    /// The content of names that all lie in the zone of `apex`.
    static func block(
        _ published: PublishedNames,
        apex: DomainName
    ) throws(AnswerTableError) -> UnsafeMutablePointer<NameContent> {
        var encoder = ContentEncoder(name: published.names.first ?? apex, sharedEnd: apex)
        var header = NameContent(blockBytes: 0, here: NameContent.Here.rrsets)
        try encoder.add(published.rrsets)
        header.hereCount = UInt16(clamping: encoder.answers.count)
        return unsafe encoder.block(header, note: Self.note(published.note))
    }

    /// The whole EDNS option, text cut at 200 bytes so that it seldom costs a record its place.
    static func note(_ note: ExtendedError?) -> [UInt8] {
        guard var note else { return [] }
        while note.extraText.utf8.count > 200 { note.extraText.removeLast() }
        return EDNS(udpPayloadBytes: 0, options: [note.option]).rdata
    }

    // MARK: Answers

    private mutating func add(_ rrsets: [PublishedRRset]) throws(AnswerTableError) {
        for rrset in rrsets where rrset.type != .soa { try add(rrset) }
    }

    private mutating func add(_ rrset: PublishedRRset) throws(AnswerTableError) {
        var records = rrset.packed.map { RecordsEncoder($0) } ?? RecordsEncoder()
        if rrset.packed == nil {
            records.reserve(
                records: rrset.rdata.count + rrset.additional.count,
                rdataBytes: rrset.rdata.reduce(0) { $0 + $1.count } + 4 * rrset.additional.count
            )
        }
        for rdata in rrset.rdata {
            try check(rdata, rrset.type)
            records.append(rrset.type, ttlSeconds: rrset.ttlSeconds, rdata: rdata)
        }
        records.closeFirstSection()
        try add(rrset.additional, of: rrset, to: &records)
        try append(
            Answer(
                type: rrset.type,
                records: records,
                rotates: rrset.rotates && records.firstCount > 1,
                limit: rrset.limit
            )
        )
    }

    private func add(
        _ additional: [ResourceRecord],
        of rrset: PublishedRRset,
        to records: inout RecordsEncoder
    ) throws(AnswerTableError) {
        guard !additional.isEmpty else { return }
        let reachMax = WireLimits.headerBytes + WireLimits.nameBytesMax + 4 + records.firstBytes
        let isInReach = reachMax < WireLimits.pointerReachBytes
        let isKnown = rrset.additionalTargets.count == additional.count
        let offsets = isInReach && !isKnown ? Self.targetOffsets(of: rrset, in: records) : [:]
        for (index, record) in additional.enumerated() {
            try check(record.rdata, record.type)
            let known = isKnown && isInReach ? rrset.additionalTargets[index] : nil
            if let target = known.map({ Self.targetOffset(of: $0, rrset.type, in: records) })
                ?? offsets[record.owner]
            {
                records.appendPointer(toFirstSection: target)
            } else {
                // What the owner and the question end with in common is not repeated.
                records.appendOwner(record.owner, sharing: sharedEnd)
            }
            records.appendBody(record.type, ttlSeconds: record.ttlSeconds, rdata: record.rdata)
        }
    }

    private mutating func addReferral(_ nameServers: PublishedRRset) throws(AnswerTableError) {
        var records = RecordsEncoder()
        for rdata in nameServers.rdata {
            try check(rdata, nameServers.type)
            records.appendPointer(toQuestionEnd: name.wire.count)
            records.appendBody(
                nameServers.type,
                ttlSeconds: nameServers.ttlSeconds,
                rdata: rdata
            )
        }
        records.closeFirstSection()
        for record in nameServers.additional {
            try check(record.rdata, record.type)
            records.appendOwner(record.owner, sharing: name)
            records.appendBody(record.type, ttlSeconds: record.ttlSeconds, rdata: record.rdata)
        }
        try append(Answer(type: .ns, records: records, isReferral: true))
    }

    /// Where each target name starts that an additional owner may point to.
    private static func targetOffsets(
        of rrset: PublishedRRset,
        in records: RecordsEncoder
    ) -> [DomainName: Int] {
        guard let layout = RData.nameLayout(of: rrset.type) else { return [:] }
        var offsets: [DomainName: Int] = [:]
        for (index, rdata) in rrset.rdata.enumerated() {
            var reader = MessageReader(rdata, offset: layout.bytesBefore)
            guard let target = try? reader.readName(), offsets[target] == nil else { continue }
            offsets[target] = targetOffset(of: index, rrset.type, in: records)
        }
        return offsets
    }

    /// Where the target name of record `index` starts.
    private static func targetOffset(
        of index: Int,
        _ type: RecordType,
        in records: RecordsEncoder
    ) -> Int {
        // Owner pointer, type, class, TTL and length take 12 bytes.
        Int(records.boundaries[index]) + 12 + (RData.nameLayout(of: type)?.bytesBefore ?? 0)
    }

    private func check(_ rdata: [UInt8], _ type: RecordType) throws(AnswerTableError) {
        guard rdata.count <= Int(UInt16.max) else {
            throw AnswerTableError(
                name: name,
                reason: "a \(type) record has \(rdata.count) bytes of rdata"
            )
        }
    }

    private mutating func append(_ answer: Answer) throws(AnswerTableError) {
        let count = answer.records.boundaries.count - 1
        guard count <= Int(UInt16.max), answer.records.bytes.count < Int(Int32.max) else {
            throw AnswerTableError(
                name: name,
                reason: "an RRset has \(count) records, at most 65535"
            )
        }
        answers.append(answer)
    }

    // MARK: The block

    /// Lays the parts out one after another, answers aligned to four bytes.
    private func block(
        _ header: NameContent,
        note: [UInt8]
    ) -> UnsafeMutablePointer<NameContent> {
        let references = MemoryLayout<AnswerReference>.stride * answers.count
        let noteOffset = NameContent.referencesOffset + references
        var end = noteOffset + note.count
        let offsets = answers.map { answer in
            let offset = (end + 3) & ~3
            end = offset + answer.byteCount
            return offset
        }
        var header = header
        header.noteOffset = UInt32(noteOffset)
        header.noteBytes = UInt16(note.count)
        header.blockBytes = UInt32(end)
        let block = UnsafeMutableRawPointer.allocate(byteCount: end, alignment: 16)
        unsafe block.storeBytes(of: header, as: NameContent.self)
        unsafe (block + noteOffset).copyMemory(from: note, byteCount: note.count)
        for index in answers.indices {
            let place =
                NameContent.referencesOffset + MemoryLayout<AnswerReference>.stride * index
            unsafe block.storeBytes(
                of: AnswerReference(
                    type: answers[index].type.rawValue,
                    reserved: 0,
                    offset: UInt32(offsets[index])
                ),
                toByteOffset: place,
                as: AnswerReference.self
            )
            unsafe answers[index].store(at: block + offsets[index])
        }
        return unsafe block.assumingMemoryBound(to: NameContent.self)
    }
}

extension ContentEncoder.Answer {
    private var fixupsOffset: Int {
        MemoryLayout<CompiledAnswer>.stride + 4 * records.boundaries.count
    }

    private var recordsOffset: Int {
        fixupsOffset + MemoryLayout<PointerFixup>.stride * records.fixups.count
    }

    fileprivate var byteCount: Int { recordsOffset + records.bytes.count }

    private var header: CompiledAnswer {
        var header = CompiledAnswer(
            firstCount: UInt16(records.firstCount),
            additionalCount: UInt16(records.boundaries.count - 1 - records.firstCount),
            firstBytes: UInt32(records.firstBytes),
            additionalBytes: UInt32(records.bytes.count - records.firstBytes),
            fixupCount: UInt32(records.fixups.count),
            recordsOffset: UInt32(recordsOffset),
            rotates: rotates,
            isReferral: isReferral
        )
        if limit.records > 0 { header.countMax = UInt16(clamping: limit.records) }
        if limit.recordsInSmallReply > 0 {
            header.countMaxInSmallReply = UInt16(clamping: limit.recordsInSmallReply)
        }
        header.isLimited = min(header.countMax, header.countMaxInSmallReply) < header.firstCount
        return header
    }

    /// Writes header, boundaries, fixups and records to memory of `byteCount`.
    fileprivate func store(at block: UnsafeMutableRawPointer) {
        unsafe block.storeBytes(of: header, as: CompiledAnswer.self)
        unsafe records.boundaries.withUnsafeBytes { boundaries in
            unsafe (block + MemoryLayout<CompiledAnswer>.stride)
                .copyMemory(from: boundaries)
        }
        unsafe records.fixups.withUnsafeBytes { fixups in
            unsafe (block + fixupsOffset).copyMemory(from: fixups)
        }
        unsafe records.bytes.withUnsafeBytes { bytes in
            unsafe (block + recordsOffset).copyMemory(from: bytes)
        }
    }
}

extension UnsafeMutableRawPointer {
    fileprivate func copyMemory(from source: UnsafeRawBufferPointer) {
        guard let base = source.baseAddress else { return }
        unsafe copyMemory(from: base, byteCount: source.count)
    }
}
