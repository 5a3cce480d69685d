internal import DNSWire
internal import Synchronization

extension TableWriter {
    /// Adds a zone or replaces the SOA of one that exists.
    mutating func add(_ zone: PublishedZone) throws(AnswerTableError) {
        let block = unsafe Self.startOfAuthority(of: zone)
        if let cell = unsafe zones[zone.apex] {
            let old = unsafe cell.pointee.startOfAuthority.exchange(
                UInt(bitPattern: block),
                ordering: .acquiringAndReleasing
            )
            if let old = unsafe UnsafeMutableRawPointer(bitPattern: old) { unsafe retire(old) }
            unsafe cell.pointee.misses.store(Self.misses(of: zone), ordering: .relaxed)
            return
        }
        let inner = zonesDirectlyBelow(zone.apex)
        for apex in inner { detach(apex) }

        let cell = UnsafeMutablePointer<ZoneCell>.allocate(capacity: 1)
        let apexBytes = UInt8(zone.apex.wire.count)
        unsafe cell.initialize(
            to: ZoneCell(
                startOfAuthority: UInt(bitPattern: block),
                apexBytes: apexBytes,
                misses: Self.misses(of: zone)
            )
        )
        unsafe zones[zone.apex] = unsafe cell

        load(zone.apex)
        if let old = unsafe find(label: 0) {
            let outer = unsafe old.pointee.zone
            let inherited = unsafe entries { unsafe $0.pointee.zone == outer }
            for index in unsafe inherited.indices {
                let entry = unsafe inherited[index]
                let name = unsafe Self.name(of: entry)
                guard name.isSubdomain(of: zone.apex) else { continue }
                unsafe move(entry, to: cell, apexBytes: apexBytes, isApex: name == zone.apex)
            }
        } else {
            let placement = unsafe Placement(zone: cell, apexBytes: apexBytes, isApex: true)
            link()
            unsafe insert(makeEntry(0, placement, content: emptyContent))
        }
        for apex in inner { attach(apex) }
    }

    private static func misses(of zone: PublishedZone) -> UInt8 {
        (zone.forwardsMisses ? ZoneCell.Misses.areForwarded : 0)
            | (zone.holdsAddresses ? ZoneCell.Misses.mayBeAddresses : 0)
    }

    /// Replaces the SOA of a zone by a copy with another serial.
    mutating func setSerial(_ serial: UInt32, of apex: DomainName) {
        guard let cell = unsafe zones[apex] else { return }
        let address = unsafe cell.pointee.startOfAuthority.load(ordering: .relaxed)
        guard let old = unsafe UnsafeMutableRawPointer(bitPattern: address) else { return }
        let header = unsafe old.load(as: StartOfAuthority.self)
        let recordEnd = StartOfAuthority.recordOffset + Int(header.recordBytes)
        let byteCount = recordEnd + Int(header.noteBytes)
        let block = UnsafeMutableRawPointer.allocate(byteCount: byteCount, alignment: 16)
        unsafe block.copyMemory(from: old, byteCount: byteCount)
        // Serial, refresh, retry, expire and minimum end the record (RFC 1035 §3.3.13).
        unsafe block.storeBytes(
            of: serial.bigEndian,
            toByteOffset: recordEnd - 20,
            as: UInt32.self
        )
        unsafe cell.pointee.startOfAuthority.store(
            UInt(bitPattern: block),
            ordering: .releasing
        )
        unsafe retire(old)
    }

    /// Lets every answer of a zone carry `note`.
    mutating func setNote(_ note: ExtendedError?, of apex: DomainName) {
        guard let cell = unsafe zones[apex] else { return }
        let option = ContentEncoder.note(note)
        var new: UnsafeMutableRawPointer?
        if !option.isEmpty {
            let block = UnsafeMutableRawPointer.allocate(
                byteCount: ZoneNote.optionOffset + option.count,
                alignment: 16
            )
            unsafe block.storeBytes(
                of: ZoneNote(byteCount: UInt32(option.count)),
                as: ZoneNote.self
            )
            unsafe (block + ZoneNote.optionOffset)
                .copyMemory(from: option, byteCount: option.count)
            unsafe new = unsafe block
        }
        let old = unsafe cell.pointee.note.exchange(
            UInt(bitPattern: new),
            ordering: .acquiringAndReleasing
        )
        if let old = unsafe UnsafeMutableRawPointer(bitPattern: old) { unsafe retire(old) }
    }

    /// Removes a zone without names; zones below it then belong to the zone above it, if there is
    /// one.
    mutating func removeZone(_ apex: DomainName) throws(AnswerTableError) {
        guard let cell = unsafe zones[apex] else { return }
        let names = unsafe entries { entry in
            unsafe entry.pointee.zone == cell && isPublished(entry) && !entry.pointee.isApex
        }
        if let name = unsafe names.first.map({ unsafe Self.name(of: $0) }) {
            throw AnswerTableError(name: apex, reason: "the zone still has names, such as \(name)")
        }
        let inner = zonesDirectlyBelow(apex)
        for apex in inner { detach(apex) }
        load(apex)
        if let entry = unsafe find(label: 0) {
            unsafe delete(entry)
            unlink()
        }
        let block = unsafe cell.pointee.startOfAuthority.load(ordering: .relaxed)
        if let block = unsafe UnsafeMutableRawPointer(bitPattern: block) { unsafe retire(block) }
        let note = unsafe cell.pointee.note.load(ordering: .relaxed)
        if let note = unsafe UnsafeMutableRawPointer(bitPattern: note) { unsafe retire(note) }
        unsafe retire(UnsafeMutableRawPointer(cell))
        unsafe zones[apex] = nil
        for apex in inner { attach(apex) }
    }

    private mutating func attach(_ apex: DomainName) {
        load(apex)
        link()
    }

    private mutating func detach(_ apex: DomainName) {
        load(apex)
        unlink()
    }

    /// The zones below `apex` without another zone in between.
    private func zonesDirectlyBelow(_ apex: DomainName) -> [DomainName] {
        let below = unsafe zones.keys.filter { $0 != apex && $0.isSubdomain(of: apex) }
        return below.filter { candidate in
            !below.contains { $0 != candidate && candidate.isSubdomain(of: $0) }
        }
    }

    /// Publishes a copy of `entry` that belongs to another zone.
    private mutating func move(
        _ entry: Entry,
        to zone: UnsafeMutablePointer<ZoneCell>,
        apexBytes: UInt8,
        isApex: Bool
    ) {
        let name = unsafe Self.name(of: entry)
        load(name)
        let placement = unsafe Placement(
            zone: zone,
            apexBytes: apexBytes,
            isApex: isApex,
            childCount: entry.pointee.childCount.load(ordering: .relaxed)
        )
        let content = unsafe UnsafeMutablePointer(mutating: entry.pointee.currentContent)
        unsafe replace(entry, by: makeEntry(0, placement, content: content))
    }

    private static func name(of entry: Entry) -> DomainName {
        let start = unsafe UnsafeRawPointer(entry) + NameEntry.nameOffset
        let wire = unsafe UnsafeRawBufferPointer(start: start, count: Int(entry.pointee.nameBytes))
        // Written from a domain name, so it reads back as one.
        return unsafe (try? DomainName(wire: Array(wire))) ?? .root
    }

    private static func startOfAuthority(of zone: PublishedZone) -> UnsafeMutableRawPointer {
        var records = RecordsEncoder()
        records.appendBody(
            .soa,
            ttlSeconds: zone.ttlSeconds,
            rdata: zone.startOfAuthority
        )
        let note = ContentEncoder.note(zone.nameErrorNote)
        let header = StartOfAuthority(
            ttl: zone.ttlSeconds.bigEndian,
            negativeTTL: min(zone.ttlSeconds, zone.minimumSeconds).bigEndian,
            recordBytes: UInt32(records.bytes.count),
            noteBytes: UInt32(note.count)
        )
        let content = records.bytes + note
        let block = UnsafeMutableRawPointer.allocate(
            byteCount: StartOfAuthority.recordOffset + content.count,
            alignment: 16
        )
        unsafe block.storeBytes(of: header, as: StartOfAuthority.self)
        unsafe (block + StartOfAuthority.recordOffset)
            .copyMemory(from: content, byteCount: content.count)
        return unsafe block
    }
}
