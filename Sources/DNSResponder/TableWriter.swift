internal import DNSWire
internal import Synchronization

/// The writer's side of the table: keeps the tree of names whole and publishes blocks.
///
/// Every name between a published name and its apex is in the table, if need be as an empty
/// non-terminal, so the closest entry above a missing name is its closest encloser (RFC 4592
/// §3.3.1).
@safe struct TableWriter: ~Copyable {
    typealias Entry = UnsafeMutablePointer<NameEntry>
    typealias Content = UnsafeMutablePointer<NameContent>

    let root: UnsafePointer<TableRoot>
    private var slots: TableSlots
    /// Slots that are not free: entries and removed ones.
    private var usedSlots = 0
    private var quiescence: QuiescentState
    var name: FoldedName
    private var sizes = AnswerTableCounts()
    var zones: [DomainName: UnsafeMutablePointer<ZoneCell>] = unsafe [:]
    var addresses4: AddressSetWriter
    var addresses6: AddressSetWriter
    /// What names answer that are only there because of names below them, and bare apexes.
    let emptyContent: Content

    private static let capacityMin = 64

    init(root: UnsafePointer<TableRoot>, key: HashKey, readers: Int) {
        unsafe self.root = root
        unsafe slots = TableSlots.allocate(capacity: Self.capacityMin)
        quiescence = QuiescentState(readers: readers)
        name = FoldedName(key: key)
        unsafe emptyContent = ContentEncoder.empty()
        addresses4 = unsafe AddressSetWriter(root: root, isIPv6: false, key: key)
        addresses6 = unsafe AddressSetWriter(root: root, isIPv6: true, key: key)
        sizes.bytes = unsafe slots.byteCount
    }

    deinit {
        for index in 0..<(unsafe slots.capacity) {
            guard let entry = unsafe TableSlots.entry(slots.load(index)) else { continue }
            let content = unsafe Self.content(of: entry)
            unsafe content.pointee.nameCount -= 1
            if unsafe content.pointee.nameCount == 0, unsafe content != emptyContent {
                unsafe content.deallocate()
            }
            unsafe entry.deallocate()
        }
        unsafe emptyContent.deallocate()
        let cells = unsafe Array(zones.values)
        for index in unsafe cells.indices {
            let cell = unsafe cells[index]
            let block = unsafe cell.pointee.startOfAuthority.load(ordering: .relaxed)
            unsafe UnsafeMutableRawPointer(bitPattern: block)?.deallocate()
            let note = unsafe cell.pointee.note.load(ordering: .relaxed)
            unsafe UnsafeMutableRawPointer(bitPattern: note)?.deallocate()
            unsafe cell.deallocate()
        }
        unsafe slots.block.deallocate()
    }

    var counts: AnswerTableCounts {
        var counts = sizes
        counts.zones = unsafe zones.count
        counts.addresses = addresses4.count + addresses6.count
        counts.bytes += addresses4.byteCount + addresses6.byteCount
        counts.retiredBlocks = quiescence.retiredCount
        return counts
    }

    func claimReader(for table: AnswerTable) -> QuiescentState.Announcement? {
        quiescence.claim(for: table)
    }

    /// Puts `changes` into effect; returns the first refusal.
    mutating func apply(_ changes: [TableChange]) -> AnswerTableError? {
        var refused: AnswerTableError?
        for change in changes {
            do throws(AnswerTableError) {
                try apply(change)
            } catch {
                if refused == nil { refused = error } else { refused?.refusedCount += 1 }
            }
        }
        // The first zones appear with their names: nobody shall be told that a name that loads is
        // missing.
        if unsafe root.pointee.slots.load(ordering: .relaxed) == 0, unsafe !zones.isEmpty {
            publishSlots()
        }
        reclaim()
        return refused
    }

    private mutating func apply(_ change: TableChange) throws(AnswerTableError) {
        switch change {
        case .zone(let zone): try add(zone)
        case .serial(let apex, let serial): setSerial(serial, of: apex)
        case .note(let apex, let note): setNote(note, of: apex)
        case .removeZone(let apex): try removeZone(apex)
        case .name(let published): try publish(published)
        case .names(let published): try publish(published)
        case .removeName(let name): remove(name)
        case .address(let address, let inZone): add(address, inZone: inZone)
        case .removeAddress(let address, let inZone): remove(address, inZone: inZone)
        }
    }

    mutating func reclaim() { quiescence.reclaim() }

    // MARK: Names

    private mutating func publish(_ published: PublishedName) throws(AnswerTableError) {
        load(published.name)
        let above = try unsafe enclosingEntry(of: published.name)
        let content = try unsafe ContentEncoder.block(published)
        unsafe count(content, 1)
        unsafe put(published.name, content, like: above)
    }

    private mutating func publish(_ published: PublishedNames) throws(AnswerTableError) {
        var content: Content?
        // Zones may be carved out of others: each zone has its own copy.
        var zone: UnsafeMutablePointer<ZoneCell>?
        for name in published.names {
            load(name)
            let above = try unsafe enclosingEntry(of: name)
            if unsafe content == nil || above.pointee.zone != zone {
                let apex = unsafe Self.suffix(of: name, bytes: Int(above.pointee.apexBytes))
                let block = try unsafe ContentEncoder.block(published, apex: apex)
                unsafe count(block, 1)
                unsafe content = unsafe block
                unsafe zone = unsafe above.pointee.zone
            }
            if let content = unsafe content { unsafe put(name, content, like: above) }
        }
    }

    /// The entry of the loaded name, or its closest encloser.
    private func enclosingEntry(of name: DomainName) throws(AnswerTableError) -> Entry {
        var label = 0
        while label <= self.name.labelCount {
            if let entry = unsafe find(label: label) { return unsafe entry }
            label += 1
        }
        throw AnswerTableError(name: name, reason: "it lies in no zone of this server")
    }

    /// Gives the loaded name `content`; `above` is its entry, or that of its closest encloser.
    private mutating func put(_ name: DomainName, _ content: Content, like above: Entry) {
        if unsafe Int(above.pointee.labelCount) == self.name.labelCount {
            return unsafe setContent(content, of: above)
        }
        let zone = unsafe above.pointee.zone
        let apexBytes = unsafe above.pointee.apexBytes
        link()
        unsafe insert(
            makeEntry(0, Placement(zone: zone, apexBytes: apexBytes), content: content)
        )
    }

    private mutating func remove(_ removed: DomainName) {
        load(removed)
        guard let entry = unsafe find(label: 0), unsafe isPublished(entry) else { return }
        if unsafe entry.pointee.childCount.load(ordering: .relaxed) > 0 || entry.pointee.isApex {
            unsafe setContent(emptyContent, of: entry)
        } else {
            unsafe delete(entry)
            unlink()
        }
    }

    /// False for an empty non-terminal and for a bare apex.
    func isPublished(_ entry: Entry) -> Bool { unsafe Self.content(of: entry) != emptyContent }

    private static func content(of entry: Entry) -> Content {
        unsafe UnsafeMutablePointer(mutating: entry.pointee.currentContent)
    }

    private static func suffix(of name: DomainName, bytes count: Int) -> DomainName {
        // The end of a name from one of its labels on is a name.
        (try? DomainName(wire: Array(name.wire.suffix(count)))) ?? .root
    }

    /// Counts the loaded name as a child of its parent, which is made if need be, and so on
    /// upwards.
    ///
    /// The highest name is made first: at each moment every name's parent is in the table.
    mutating func link() {
        var label = 1
        while label <= name.labelCount, unsafe find(label: label) == nil { label += 1 }
        guard label <= name.labelCount, let top = unsafe find(label: label) else { return }
        _ = unsafe Self.addChildren(1, to: top)
        while label > 1 {
            label -= 1
            let placement = unsafe Placement(
                zone: top.pointee.zone,
                apexBytes: top.pointee.apexBytes,
                childCount: 1
            )
            unsafe insert(makeEntry(label, placement, content: emptyContent))
        }
    }

    /// Takes the loaded name off its parent's count; parents that were only there for it go too.
    mutating func unlink() {
        var label = 1
        while label <= name.labelCount, let parent = unsafe find(label: label) {
            guard
                unsafe Self.addChildren(-1, to: parent) == 0,
                unsafe !isPublished(parent),
                unsafe !parent.pointee.isApex
            else { return }
            unsafe delete(parent)
            label += 1
        }
    }

    /// Makes `name` the one that `find`, `link` and `unlink` work on.
    mutating func load(_ loaded: DomainName) {
        unsafe loaded.wire.withUnsafeBufferPointer { wire in
            guard let base = wire.baseAddress else { return }
            // A name of 255 bytes is copied first: hashing reads whole words.
            unsafe withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 256 + 8) { padded in
                unsafe padded.initialize(repeating: 0)
                guard let start = padded.baseAddress else { return }
                unsafe start.update(from: base, count: wire.count)
                let isName = unsafe name.scan(start, available: wire.count)
                precondition(isName, "a domain name is always well-formed")
                unsafe name.foldAndHash(start)
            }
        }
    }

    func find(label: Int) -> Entry? { unsafe slots.find(name, label: label) }

    /// Adds to the child count of an entry; the new count.
    private static func addChildren(_ difference: Int, to entry: Entry) -> UInt32 {
        let old = unsafe entry.pointee.childCount.load(ordering: .relaxed)
        let new = UInt32(Int(old) + difference)
        unsafe entry.pointee.childCount.store(new, ordering: .relaxed)
        return new
    }

    /// What an entry says beside its name and content.
    @safe struct Placement {
        var zone: UnsafeMutablePointer<ZoneCell>
        var apexBytes: UInt8
        var isApex = false
        var childCount: UInt32 = 0

        init(
            zone: UnsafeMutablePointer<ZoneCell>,
            apexBytes: UInt8,
            isApex: Bool = false,
            childCount: UInt32 = 0
        ) {
            unsafe self.zone = unsafe zone
            self.apexBytes = apexBytes
            self.isApex = isApex
            self.childCount = childCount
        }
    }

    /// The entry of the loaded name without its `label` leftmost labels.
    func makeEntry(_ label: Int, _ placement: Placement, content: Content) -> Entry {
        let start = name.offset(label)
        let nameBytes = name.count - start
        let byteCount = unsafe NameEntry.blockBytes(nameBytes: nameBytes)
        let block = UnsafeMutableRawPointer.allocate(byteCount: byteCount, alignment: 16)
        unsafe block.initializeMemory(as: UInt8.self, repeating: 0, count: byteCount)
        let entry = unsafe block.assumingMemoryBound(to: NameEntry.self)
        unsafe entry.initialize(
            to: NameEntry(
                hash: name.hash(label),
                zone: placement.zone,
                content: Atomic(UInt(bitPattern: content)),
                childCount: Atomic(placement.childCount),
                nameBytes: UInt8(nameBytes),
                apexBytes: placement.apexBytes,
                labelCount: UInt8(name.labelCount - label),
                isApex: placement.isApex
            )
        )
        unsafe (block + NameEntry.nameOffset).copyMemory(
            from: name.bytes + start,
            byteCount: nameBytes
        )
        return unsafe entry
    }

    // MARK: Content

    private mutating func count(_ content: Content, _ sign: Int) {
        sizes.bytes += unsafe sign * Int(content.pointee.blockBytes)
    }

    /// Readers see either the old content or the new one.
    private mutating func setContent(_ content: Content, of entry: Entry) {
        unsafe count(entry, -1)
        unsafe content.pointee.nameCount += 1
        let old = unsafe Self.content(of: entry)
        unsafe entry.pointee.content.store(UInt(bitPattern: content), ordering: .releasing)
        unsafe release(old)
        unsafe count(entry, 1)
    }

    /// One name less has `content`.
    private mutating func release(_ content: Content) {
        unsafe content.pointee.nameCount -= 1
        guard unsafe content.pointee.nameCount == 0, unsafe content != emptyContent else { return }
        unsafe count(content, -1)
        unsafe retire(UnsafeMutableRawPointer(content))
    }

    // MARK: Slots

    private mutating func count(_ entry: Entry, _ sign: Int) {
        if unsafe isPublished(entry) { sizes.names += sign } else { sizes.emptyNames += sign }
    }

    mutating func insert(_ entry: Entry) {
        growIfNeeded()
        let deepest = unsafe Int(entry.pointee.labelCount)
        if unsafe deepest > root.pointee.labelsMax.load(ordering: .relaxed) {
            unsafe root.pointee.labelsMax.store(deepest, ordering: .releasing)
        }
        unsafe Self.content(of: entry).pointee.nameCount += 1
        if unsafe Self.put(TableSlots.word(entry), hash: entry.pointee.hash, in: slots) {
            usedSlots += 1
        }
        sizes.bytes += unsafe NameEntry.blockBytes(nameBytes: Int(entry.pointee.nameBytes))
        unsafe count(entry, 1)
    }

    /// Puts a copy of `old` in its place, of which only the placement differs.
    mutating func replace(_ old: Entry, by new: Entry) {
        unsafe slots.store(TableSlots.word(new), at: slot(of: old))
        unsafe retire(UnsafeMutableRawPointer(old))
    }

    mutating func delete(_ entry: Entry) {
        unsafe slots.store(TableSlots.removed, at: slot(of: entry))
        sizes.bytes -= unsafe NameEntry.blockBytes(nameBytes: Int(entry.pointee.nameBytes))
        unsafe count(entry, -1)
        unsafe release(Self.content(of: entry))
        unsafe retire(UnsafeMutableRawPointer(entry))
    }

    mutating func retire(_ block: UnsafeMutableRawPointer) {
        unsafe quiescence.retire(block)
    }

    private func slot(of entry: Entry) -> Int {
        let word = unsafe TableSlots.word(entry)
        var index = unsafe Int(truncatingIfNeeded: entry.pointee.hash) & slots.mask
        while unsafe slots.load(index) != word { index = unsafe (index + 1) & slots.mask }
        return index
    }

    /// Puts `word` into the first slot without an entry; true when nobody had used that slot.
    private static func put(_ word: UInt64, hash: UInt64, in slots: TableSlots) -> Bool {
        var index = unsafe Int(truncatingIfNeeded: hash) & slots.mask
        while unsafe slots.load(index) > TableSlots.removed {
            index = unsafe (index + 1) & slots.mask
        }
        let isFresh = unsafe slots.load(index) == TableSlots.free
        unsafe slots.store(word, at: index)
        return isFresh
    }

    /// Keeps at least half of the slots free; removed ones go when the table is rebuilt.
    private mutating func growIfNeeded() {
        guard unsafe (usedSlots + 1) * 2 > slots.capacity else { return }
        let live = sizes.names + sizes.emptyNames + 1
        var capacity = Self.capacityMin
        while live * 3 > capacity { capacity *= 2 }
        let larger = unsafe TableSlots.allocate(capacity: capacity)
        for index in 0..<(unsafe slots.capacity) {
            let word = unsafe slots.load(index)
            if let entry = unsafe TableSlots.entry(word) {
                _ = unsafe Self.put(word, hash: entry.pointee.hash, in: larger)
            }
        }
        let old = unsafe slots
        sizes.bytes += unsafe larger.byteCount - old.byteCount
        unsafe slots = larger
        usedSlots = live - 1
        if unsafe root.pointee.slots.load(ordering: .relaxed) != 0 { publishSlots() }
        unsafe retire(old.block)
    }

    private func publishSlots() {
        unsafe root.pointee.slots.store(UInt(bitPattern: slots.block), ordering: .releasing)
    }

    /// Every entry for which `isWanted` holds.
    func entries(where isWanted: (Entry) -> Bool) -> [Entry] {
        var found: [Entry] = unsafe []
        for index in 0..<(unsafe slots.capacity) {
            if let entry = unsafe TableSlots.entry(slots.load(index)), unsafe isWanted(entry) {
                unsafe found.append(entry)
            }
        }
        return unsafe found
    }
}
