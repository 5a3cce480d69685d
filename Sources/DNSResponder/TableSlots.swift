internal import CDatagram
internal import Synchronization

/// The hash table's memory: open addressing, one atomic word a slot.
///
/// A word is 0 (free), 1 (a name was here) or the address of a name's block with the top 16 bits of
/// its hash above it, so that most words of other names are passed without touching their memory.
/// User-space addresses have at most 48 bits on the platforms this runs on; `word` checks it.
@unsafe struct TableSlots {
    /// The block: the capacity minus one, then the slots.
    let block: UnsafeMutableRawPointer

    static let free: UInt64 = 0
    static let removed: UInt64 = 1
    static let addressMask: UInt64 = 0x0000_FFFF_FFFF_FFFF
    private static let headerBytes = 64

    init(block: UnsafeMutableRawPointer) {
        unsafe self.block = block
    }

    /// Slots for `capacity` names, a power of two.
    static func allocate(capacity: Int) -> TableSlots {
        let block = unsafe UnsafeMutableRawPointer.allocate(
            byteCount: headerBytes + 8 * capacity,
            alignment: 64
        )
        unsafe block.storeBytes(of: UInt64(capacity - 1), as: UInt64.self)
        let slots = unsafe TableSlots(block: block)
        for index in 0..<capacity {
            unsafe slots.pointer(index).initialize(to: Atomic(free))
        }
        return unsafe slots
    }

    @inline(__always)
    var mask: Int { Int(unsafe block.load(as: UInt64.self)) }

    var capacity: Int { unsafe mask + 1 }

    var byteCount: Int { unsafe Self.headerBytes + 8 * capacity }

    @inline(__always)
    private func pointer(_ index: Int) -> UnsafeMutablePointer<Atomic<UInt64>> {
        unsafe (block + Self.headerBytes).assumingMemoryBound(to: Atomic<UInt64>.self) + index
    }

    @inline(__always)
    func load(_ index: Int) -> UInt64 {
        unsafe pointer(index).pointee.load(ordering: .acquiring)
    }

    func store(_ word: UInt64, at index: Int) {
        unsafe pointer(index).pointee.store(word, ordering: .releasing)
    }

    /// The word of a slot that holds `entry`.
    static func word(_ entry: UnsafeMutablePointer<NameEntry>) -> UInt64 {
        let address = UInt64(UInt(bitPattern: entry))
        unsafe precondition(address & ~addressMask == 0, "an address has more than 48 bits")
        return unsafe address | entry.pointee.hash & ~addressMask
    }

    /// The entry of a word; nil when it holds none.
    static func entry(_ word: UInt64) -> UnsafeMutablePointer<NameEntry>? {
        unsafe word & addressMask > removed
            ? UnsafeMutablePointer(bitPattern: UInt(word & addressMask)) : nil
    }

    /// Asks for the memory of the slot where a search for `hash` begins.
    @inline(__always)
    func prefetchSlot(of hash: UInt64) {
        unsafe memory_prefetch(pointer(Int(truncatingIfNeeded: hash) & mask))
    }

    /// Asks for the memory of the block in that slot, when it is likely to be the one sought.
    @inline(__always)
    func prefetchEntry(of hash: UInt64) {
        guard let entry = unsafe likelyEntry(of: hash) else { return }
        unsafe memory_prefetch(entry)
        unsafe memory_prefetch(UnsafeRawPointer(entry) + 64)
    }

    /// Asks for the memory of what that block's name answers.
    @inline(__always)
    func prefetchContent(of hash: UInt64) {
        guard let entry = unsafe likelyEntry(of: hash) else { return }
        let content = unsafe UnsafeRawPointer(entry.pointee.currentContent)
        unsafe memory_prefetch(content)
        unsafe memory_prefetch(content + 64)
        unsafe memory_prefetch(content + 128)
    }

    @inline(__always)
    private func likelyEntry(of hash: UInt64) -> UnsafeMutablePointer<NameEntry>? {
        let word = unsafe load(Int(truncatingIfNeeded: hash) & mask)
        guard unsafe (word ^ hash) & ~Self.addressMask == 0 else { return nil }
        return unsafe Self.entry(word)
    }

    /// Finds the suffix of `name` without its `label` leftmost labels.
    ///
    /// Cost: no allocation, no lock; one probe, and one look at the block, in the common case.
    @inline(__always)
    func find(_ name: borrowing FoldedName, label: Int) -> UnsafeMutablePointer<NameEntry>? {
        let hash = name.hash(label)
        let offset = name.offset(label)
        let mask = unsafe self.mask
        var index = Int(truncatingIfNeeded: hash) & mask
        while true {
            let word = unsafe load(index)
            if unsafe word == Self.free { return nil }
            if unsafe (word ^ hash) & ~Self.addressMask == 0, let entry = unsafe Self.entry(word) {
                let bytes = unsafe UnsafeRawPointer(entry) + NameEntry.nameOffset
                if unsafe entry.pointee.hash == hash,
                    unsafe name.suffix(
                        from: offset,
                        equals: bytes,
                        length: Int(entry.pointee.nameBytes)
                    )
                {
                    return unsafe entry
                }
            }
            index = (index &+ 1) & mask
        }
    }
}

/// What readers start from; it lives as long as the table.
struct TableRoot: ~Copyable {
    /// The address of the current `TableSlots` block; 0 until the first zone is loaded.
    let slots = Atomic<UInt>(0)
    /// No name in the table has more labels: longer names need no look-up of their own.
    let labelsMax = Atomic<Int>(0)
    /// The addresses of the current `AddressSlots` blocks; 0 as long as there was no address.
    let addresses4 = Atomic<UInt>(0)
    let addresses6 = Atomic<UInt>(0)
}
