internal import DNSWire
internal import Synchronization

/// The writer's side of the table: keeps the tree of names whole and publishes blocks.
///
/// Every name between a published name and its apex is in the table, if need be as an empty
/// non-terminal, so the closest entry above a missing name is its closest encloser (RFC 4592
/// §3.3.1).
@safe struct TableWriter: ~Copyable {
    typealias Entry = UnsafeMutablePointer<NameEntry>

    private let root: UnsafePointer<TableRoot>
    private var slots: TableSlots
    /// Slots that are not free: entries and removed ones.
    private var usedSlots = 0
    private var quiescence: QuiescentState
    var name: FoldedName
    private(set) var counts = AnswerTableCounts()
    var zones: [DomainName: UnsafeMutablePointer<ZoneCell>] = unsafe [:]

    private static let capacityMin = 64

    init(root: UnsafePointer<TableRoot>, key: HashKey, readers: Int) {
        unsafe self.root = root
        unsafe slots = TableSlots.allocate(capacity: Self.capacityMin)
        quiescence = QuiescentState(readers: readers)
        name = FoldedName(key: key)
        counts.bytes = unsafe slots.byteCount
    }

    deinit {
        for index in 0..<(unsafe slots.capacity) {
            if let entry = unsafe TableSlots.entry(slots.load(index)) { unsafe entry.deallocate() }
        }
        let cells = unsafe Array(zones.values)
        for index in unsafe cells.indices {
            let cell = unsafe cells[index]
            let block = unsafe cell.pointee.startOfAuthority.load(ordering: .relaxed)
            unsafe UnsafeMutableRawPointer(bitPattern: block)?.deallocate()
            unsafe cell.deallocate()
        }
        unsafe slots.block.deallocate()
    }

    func claimReader(for table: AnswerTable) -> QuiescentState.Announcement? {
        quiescence.claim(for: table)
    }

    /// Puts `changes` into effect; returns the first refusal.
    mutating func apply(_ changes: [TableChange]) -> AnswerTableError? {
        var refused: AnswerTableError?
        var shared: EntryEncoder.SharedAnswers?
        for change in changes {
            do throws(AnswerTableError) {
                switch change {
                case .zone(let zone): try add(zone)
                case .removeZone(let apex): try removeZone(apex)
                case .name(let published): try publish(published, sharing: &shared)
                case .removeName(let name): remove(name)
                }
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

    mutating func reclaim() {
        quiescence.reclaim()
        counts.retiredBlocks = quiescence.retiredCount
    }

    // MARK: Names

    private mutating func publish(
        _ published: PublishedName,
        sharing shared: inout EntryEncoder.SharedAnswers?
    ) throws(AnswerTableError) {
        load(published.name)
        let old = unsafe find(label: 0)
        guard let above = unsafe old ?? closestEncloser() else {
            throw AnswerTableError(
                name: published.name,
                reason: "it lies in no zone of this server"
            )
        }
        let block = try unsafe EntryEncoder.block(
            published,
            at: EntryEncoder.Placement(
                hash: name.hash(0),
                zone: above.pointee.zone,
                apexBytes: above.pointee.apexBytes,
                isApex: old?.pointee.isApex ?? false,
                childCount: old?.pointee.childCount ?? 0
            ),
            sharing: &shared
        )
        if let old = unsafe old {
            unsafe replace(old, with: block)
        } else {
            link(published.name)
            unsafe insert(block)
        }
    }

    private mutating func remove(_ removed: DomainName) {
        load(removed)
        guard let entry = unsafe find(label: 0), unsafe entry.pointee.isPublished else { return }
        if unsafe entry.pointee.childCount > 0 || entry.pointee.isApex {
            unsafe replace(entry, with: emptyBlock(removed, like: entry))
        } else {
            unsafe delete(entry)
            unlink()
        }
    }

    /// Counts the loaded name as a child of its parent, which is made if need be, and so on
    /// upwards.
    ///
    /// The highest name is made first: at each moment every name's parent is in the table.
    func isLinked(_ label: Int) -> Bool { unsafe find(label: label) != nil }

    mutating func link(_ linked: DomainName) {
        var label = 1
        var missing: [DomainName] = []
        var ancestor = linked.parent
        while let candidate = ancestor, label <= name.labelCount, !isLinked(label) {
            missing.append(candidate)
            label += 1
            ancestor = candidate.parent
        }
        guard label <= name.labelCount, let top = unsafe find(label: label) else { return }
        _ = unsafe NameEntry.addChildren(1, to: top)
        for empty in missing.reversed() {
            label -= 1
            let placement = unsafe EntryEncoder.Placement(
                hash: name.hash(label),
                zone: top.pointee.zone,
                apexBytes: top.pointee.apexBytes,
                isApex: false,
                childCount: 1
            )
            unsafe insert(EntryEncoder.emptyBlock(name: empty, at: placement))
        }
    }

    /// Takes the loaded name off its parent's count; parents that were only there for it go too.
    mutating func unlink() {
        var label = 1
        while label <= name.labelCount, let parent = unsafe find(label: label) {
            guard
                unsafe NameEntry.addChildren(-1, to: parent) == 0,
                unsafe !parent.pointee.isPublished,
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

    func closestEncloser() -> Entry? {
        var label = 1
        while label <= name.labelCount {
            if let entry = unsafe find(label: label) { return unsafe entry }
            label += 1
        }
        return nil
    }

    func emptyBlock(_ name: DomainName, like entry: Entry) -> UnsafeMutableRawPointer {
        let placement = unsafe EntryEncoder.Placement(
            hash: entry.pointee.hash,
            zone: entry.pointee.zone,
            apexBytes: entry.pointee.apexBytes,
            isApex: entry.pointee.isApex,
            childCount: entry.pointee.childCount
        )
        return unsafe EntryEncoder.emptyBlock(name: name, at: placement)
    }

    // MARK: Slots

    private mutating func count(_ entry: Entry, _ sign: Int) {
        let size = unsafe Int(entry.pointee.blockBytes)
        counts.bytes += sign * size
        if unsafe entry.pointee.isPublished {
            counts.names += sign
        } else {
            counts.emptyNames += sign
        }
    }

    mutating func insert(_ block: UnsafeMutableRawPointer) {
        growIfNeeded()
        let entry = unsafe block.assumingMemoryBound(to: NameEntry.self)
        let deepest = unsafe Int(entry.pointee.labelCount)
        if unsafe deepest > root.pointee.labelsMax.load(ordering: .relaxed) {
            unsafe root.pointee.labelsMax.store(deepest, ordering: .releasing)
        }
        unsafe Self.put(TableSlots.word(entry), hash: entry.pointee.hash, in: slots)
        usedSlots += 1
        unsafe count(entry, 1)
    }

    mutating func replace(_ entry: Entry, with block: UnsafeMutableRawPointer) {
        let new = unsafe block.assumingMemoryBound(to: NameEntry.self)
        unsafe slots.store(TableSlots.word(new), at: slot(of: entry))
        unsafe count(entry, -1)
        unsafe count(new, 1)
        unsafe retire(UnsafeMutableRawPointer(entry))
    }

    mutating func delete(_ entry: Entry) {
        unsafe slots.store(TableSlots.removed, at: slot(of: entry))
        unsafe count(entry, -1)
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

    private static func put(_ word: UInt64, hash: UInt64, in slots: TableSlots) {
        var index = unsafe Int(truncatingIfNeeded: hash) & slots.mask
        while unsafe slots.load(index) != TableSlots.free {
            index = unsafe (index + 1) & slots.mask
        }
        unsafe slots.store(word, at: index)
    }

    /// Keeps at least half of the slots free; removed ones go when the table is rebuilt.
    private mutating func growIfNeeded() {
        guard unsafe (usedSlots + 1) * 2 > slots.capacity else { return }
        let live = counts.names + counts.emptyNames + 1
        var capacity = Self.capacityMin
        while live * 3 > capacity { capacity *= 2 }
        let larger = unsafe TableSlots.allocate(capacity: capacity)
        for index in 0..<(unsafe slots.capacity) {
            let word = unsafe slots.load(index)
            if let entry = unsafe TableSlots.entry(word) {
                unsafe Self.put(word, hash: entry.pointee.hash, in: larger)
            }
        }
        let old = unsafe slots
        counts.bytes += unsafe larger.byteCount - old.byteCount
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

    mutating func setZoneCount() { counts.zones = unsafe zones.count }
}
