internal import DNSWire

/// Compiles what is published for a name into the bytes of its block, offsets from the block's
/// start.
///
/// For the writer only: it allocates.
struct EntryEncoder {
    /// The name, folded.
    private let name: DomainName
    private var bytes: [UInt8]
    private var references: [AnswerReference] = []

    /// What the table fills in by itself.
    @safe struct Placement {
        var hash: UInt64
        var zone: UnsafeMutablePointer<ZoneCell>
        var apexBytes: UInt8
        var isApex: Bool
        var childCount: UInt32
    }

    private init(name: DomainName) {
        self.name = name.lowercased
        bytes = []
    }

    /// The block of a name that is only there because of names below it, or of a bare apex.
    static func emptyBlock(name: DomainName, at placement: Placement) -> UnsafeMutableRawPointer {
        let encoder = EntryEncoder(name: name)
        var header = unsafe encoder.header(at: placement)
        unsafe header.isPublished = false
        return unsafe encoder.allocate(&header, answers: [], note: [])
    }

    /// Encoded answers that serve every name with the same RRsets.
    ///
    /// Why: a service has a dozen names, and its records may be thousands.
    struct SharedAnswers {
        var rrsets: [PublishedRRset]
        var answers: [(type: RecordType, bytes: [UInt8])]
    }

    /// The block of `published`; takes its answers from `shared` if they are the same, else leaves
    /// its own there for the next name.
    static func block(
        _ published: PublishedName,
        at placement: Placement,
        sharing shared: inout SharedAnswers?
    ) throws(AnswerTableError) -> UnsafeMutableRawPointer {
        let encoder = EntryEncoder(name: published.name)
        var header = unsafe encoder.header(at: placement)
        unsafe header.isPublished = true
        var answers: [(type: RecordType, bytes: [UInt8])] = []
        switch published.here {
        case .rrsets(let rrsets):
            unsafe header.here = NameEntry.Here.rrsets
            answers = try encoder.answers(rrsets, sharing: &shared)
        case .delegation(let nameServers, let parentSide):
            unsafe header.here = NameEntry.Here.delegation
            answers.append((.ns, try encoder.referral(nameServers)))
            for rrset in parentSide {
                answers.append((rrset.type, try encoder.answer(rrset).bytes))
            }
        case .fallback:
            unsafe header.here = NameEntry.Here.fallback
        }
        unsafe header.hereCount = UInt16(clamping: answers.count)
        switch published.below {
        case .nothing:
            unsafe header.below = NameEntry.Below.nothing
        case .wildcard(let rrsets):
            unsafe header.below = NameEntry.Below.wildcard
            unsafe header.belowCount = UInt16(clamping: rrsets.count)
            for rrset in rrsets {
                answers.append((rrset.type, try encoder.answer(rrset).bytes))
            }
        case .fallback:
            unsafe header.below = NameEntry.Below.fallback
        }
        guard answers.count <= Int(UInt16.max) else {
            throw AnswerTableError(name: published.name, reason: "it has too many record types")
        }
        return unsafe encoder.allocate(&header, answers: answers, note: Self.note(published.note))
    }

    private func header(at placement: Placement) -> NameEntry {
        unsafe NameEntry(
            hash: placement.hash,
            zone: placement.zone,
            blockBytes: 0,
            referencesOffset: 0,
            noteOffset: 0,
            noteBytes: 0,
            hereCount: 0,
            belowCount: 0,
            nameBytes: UInt8(name.wire.count),
            apexBytes: placement.apexBytes,
            labelCount: UInt8(name.labelCount),
            here: NameEntry.Here.rrsets,
            below: NameEntry.Below.nothing,
            isApex: placement.isApex,
            isPublished: false,
            childCount: placement.childCount
        )
    }

    /// The whole EDNS option, text cut at 200 bytes so that it seldom costs a record its place.
    static func note(_ note: ExtendedError?) -> [UInt8] {
        guard var note else { return [] }
        while note.extraText.utf8.count > 200 { note.extraText.removeLast() }
        return EDNS(udpPayloadBytes: 0, options: [note.option]).rdata
    }

    // MARK: Answers

    private func answers(
        _ rrsets: [PublishedRRset],
        sharing shared: inout SharedAnswers?
    ) throws(AnswerTableError) -> [(type: RecordType, bytes: [UInt8])] {
        // Arrays that are one and the same compare at once.
        if let shared, shared.rrsets == rrsets { return shared.answers }
        shared = nil
        var answers: [(type: RecordType, bytes: [UInt8])] = []
        var dependOnName = false
        for rrset in rrsets where rrset.type != .soa {
            let answer = try answer(rrset)
            answers.append((rrset.type, answer.bytes))
            dependOnName = dependOnName || answer.dependsOnName
        }
        if !dependOnName { shared = SharedAnswers(rrsets: rrsets, answers: answers) }
        return answers
    }

    /// Pointers to the question's start and into the answer are the same for every name; one to a
    /// later label of the question is not.
    private func answer(
        _ rrset: PublishedRRset
    ) throws(AnswerTableError) -> (bytes: [UInt8], dependsOnName: Bool) {
        var records = RecordsEncoder()
        var dependsOnName = false
        for rdata in rrset.rdata {
            try append(rdata, of: rrset, ownerPointer: 0xC00C, to: &records)
        }
        let rotates = rrset.rotates && rrset.rdata.count > 1
        let targets = Self.targetOffsets(of: rrset, in: records)
        let reachMax = WireLimits.headerBytes + WireLimits.nameBytesMax + 4 + records.bytes.count
        records.closeFirstSection()
        for record in rrset.additional {
            if let target = targets[record.owner], reachMax < WireLimits.pointerReachBytes {
                records.fixups.append(
                    PointerFixup(
                        position: UInt32(records.bytes.count),
                        value: UInt32(target),
                        pointsIntoFirstSection: true
                    )
                )
                records.append([0xC0, 0])
            } else {
                // What the owner and the question end with in common is not repeated.
                records.appendOwner(record.owner, sharing: name)
                dependsOnName = true
            }
            try appendBody(record, to: &records)
        }
        return (try compiled(records, rotates: rotates, limit: rrset.limit), dependsOnName)
    }

    private func referral(_ nameServers: PublishedRRset) throws(AnswerTableError) -> [UInt8] {
        var records = RecordsEncoder()
        for rdata in nameServers.rdata {
            records.fixups.append(
                PointerFixup(
                    position: UInt32(records.bytes.count),
                    value: UInt32(name.wire.count),
                    pointsIntoFirstSection: false
                )
            )
            try append(rdata, of: nameServers, ownerPointer: 0xC000, to: &records)
        }
        records.closeFirstSection()
        for record in nameServers.additional {
            records.appendOwner(record.owner, sharing: name)
            try appendBody(record, to: &records)
        }
        return try compiled(records, isReferral: true)
    }

    /// Where each target name starts that an additional owner may point to.
    private static func targetOffsets(
        of rrset: PublishedRRset,
        in records: RecordsEncoder
    ) -> [DomainName: Int] {
        guard !rrset.additional.isEmpty, let layout = RData.nameLayout(of: rrset.type) else {
            return [:]
        }
        var offsets: [DomainName: Int] = [:]
        for (index, rdata) in rrset.rdata.enumerated() {
            var reader = MessageReader(rdata, offset: layout.bytesBefore)
            guard let target = try? reader.readName(), offsets[target] == nil else { continue }
            // Owner pointer, type, class, TTL and length take 12 bytes.
            offsets[target] = Int(records.boundaries[index]) + 12 + layout.bytesBefore
        }
        return offsets
    }

    private func append(
        _ rdata: [UInt8],
        of rrset: PublishedRRset,
        ownerPointer: UInt16,
        to records: inout RecordsEncoder
    ) throws(AnswerTableError) {
        records.append([UInt8(ownerPointer >> 8), UInt8(truncatingIfNeeded: ownerPointer)])
        let record = ResourceRecord(
            owner: name,
            type: rrset.type,
            ttlSeconds: rrset.ttlSeconds,
            rdata: rdata
        )
        try appendBody(record, to: &records)
    }

    private func appendBody(
        _ record: ResourceRecord,
        to records: inout RecordsEncoder
    ) throws(AnswerTableError) {
        guard record.rdata.count <= Int(UInt16.max) else {
            throw AnswerTableError(
                name: name,
                reason: "a \(record.type) record has \(record.rdata.count) bytes of rdata"
            )
        }
        records.appendBody(record)
    }

    private func compiled(
        _ records: RecordsEncoder,
        rotates: Bool = false,
        isReferral: Bool = false,
        limit: AnswerLimit = AnswerLimit()
    ) throws(AnswerTableError) -> [UInt8] {
        let count = records.boundaries.count - 1
        guard count <= Int(UInt16.max), records.bytes.count < Int(Int32.max) else {
            throw AnswerTableError(
                name: name,
                reason: "an RRset has \(count) records, at most 65535"
            )
        }
        let fixupsOffset = MemoryLayout<CompiledAnswer>.stride + 4 * records.boundaries.count
        let recordsOffset = fixupsOffset + MemoryLayout<PointerFixup>.stride * records.fixups.count
        var header = CompiledAnswer(
            firstCount: UInt16(records.firstCount),
            additionalCount: UInt16(count - records.firstCount),
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
        var block = [UInt8](repeating: 0, count: recordsOffset)
        unsafe block.withUnsafeMutableBytes { block in
            unsafe block.storeBytes(of: header, as: CompiledAnswer.self)
            for (index, boundary) in records.boundaries.enumerated() {
                unsafe block.storeBytes(
                    of: boundary,
                    toByteOffset: MemoryLayout<CompiledAnswer>.stride + 4 * index,
                    as: UInt32.self
                )
            }
            for (index, fixup) in records.fixups.enumerated() {
                unsafe block.storeBytes(
                    of: fixup,
                    toByteOffset: fixupsOffset + MemoryLayout<PointerFixup>.stride * index,
                    as: PointerFixup.self
                )
            }
        }
        return block + records.bytes
    }

    // MARK: The block

    /// Lays the parts out one after another, answers aligned to four bytes.
    private func allocate(
        _ header: inout NameEntry,
        answers: [(type: RecordType, bytes: [UInt8])],
        note: [UInt8]
    ) -> UnsafeMutableRawPointer {
        let referencesOffset = unsafe (NameEntry.nameOffset + name.wire.count + 7) & ~7
        let noteOffset = referencesOffset + MemoryLayout<AnswerReference>.stride * answers.count
        var end = noteOffset + note.count
        var references: [AnswerReference] = []
        for answer in answers {
            end = (end + 3) & ~3
            references.append(
                AnswerReference(type: answer.type.rawValue, reserved: 0, offset: UInt32(end))
            )
            end += answer.bytes.count
        }
        unsafe header.referencesOffset = UInt32(referencesOffset)
        unsafe header.noteOffset = UInt32(noteOffset)
        unsafe header.noteBytes = UInt16(note.count)
        unsafe header.blockBytes = UInt32(end)
        let block = UnsafeMutableRawPointer.allocate(byteCount: end, alignment: 16)
        unsafe block.initializeMemory(as: UInt8.self, repeating: 0, count: referencesOffset)
        unsafe block.storeBytes(of: header, as: NameEntry.self)
        unsafe (block + NameEntry.nameOffset).copyMemory(
            from: name.wire,
            byteCount: name.wire.count
        )
        unsafe (block + noteOffset).copyMemory(from: note, byteCount: note.count)
        for (index, reference) in references.enumerated() {
            let place = referencesOffset + MemoryLayout<AnswerReference>.stride * index
            unsafe block.storeBytes(of: reference, toByteOffset: place, as: AnswerReference.self)
            let bytes = answers[index].bytes
            unsafe (block + Int(reference.offset)).copyMemory(from: bytes, byteCount: bytes.count)
        }
        return unsafe block
    }
}
