internal import DNSWire
internal import Synchronization

/// The size of the answer table.
package struct AnswerTableCounts: Hashable, Sendable {
    package internal(set) var zones = 0
    /// Published names, empty non-terminals not counted.
    package internal(set) var names = 0
    /// Names that are there because of names below them, and apexes without records of their own.
    package internal(set) var emptyNames = 0
    /// Addresses that have names by themselves.
    package internal(set) var addresses = 0
    /// Memory of all blocks and of the hash tables.
    package internal(set) var bytes = 0
    /// Replaced blocks that wait until no reader can hold them.
    package internal(set) var retiredBlocks = 0
}

/// The compiled answers of all names: one writer at a time, any number of readers that never wait.
///
/// *Why:* registration changes names all the time, and a worker must neither lock nor copy for it.
/// Answers are immutable blocks of unmanaged memory behind atomic pointers, one for all names that
/// answer alike; a change makes a new block, swaps the pointers and frees the old block when every
/// reader has moved on (`QuiescentState`).
///
/// *Cost:* a change costs the size of its answers once and a look-up for each of its names, whatever
/// the table holds; a new serial costs one SOA.
@safe package final class AnswerTable: Sendable {
    let hashKey = HashKey()
    private let writer: Mutex<TableWriter>
    // SAFETY: the memory behind the pointer holds only atomics, is set up before the table is
    // shared and lives until `deinit`, when no reader is left because each holds a reference to the
    // table.
    private nonisolated(unsafe) let sharedRoot: UnsafePointer<TableRoot>

    /// A table for `readers` threads at a time.
    package init(readers: Int) {
        let root = UnsafeMutablePointer<TableRoot>.allocate(capacity: 1)
        unsafe root.initialize(to: TableRoot())
        unsafe sharedRoot = UnsafePointer(root)
        writer = unsafe Mutex(
            TableWriter(root: UnsafePointer(root), key: hashKey, readers: readers)
        )
    }

    deinit {
        unsafe UnsafeMutablePointer(mutating: sharedRoot).deinitialize(count: 1)
        unsafe sharedRoot.deallocate()
    }

    /// Puts `changes` into effect in order; readers see them as soon as this returns.
    ///
    /// Throws for the first change that is refused (a name in no zone, rdata that is too long, a
    /// zone that still has names); all others are in effect, so a bad record never costs its
    /// neighbours.
    package func apply(_ changes: [TableChange]) throws(AnswerTableError) {
        let refused = writer.withLock { writer in writer.apply(changes) }
        if let refused { throw refused }
    }

    /// Frees replaced blocks that no reader holds; `apply` does the same after each call.
    package func reclaim() {
        writer.withLock { writer in writer.reclaim() }
    }

    package func counts() -> AnswerTableCounts {
        writer.withLock { writer in writer.counts }
    }

    /// True once the first zone has been applied.
    package var isReady: Bool {
        unsafe sharedRoot.pointee.slots.load(ordering: .acquiring) != 0
    }

    /// A thread's view; nil when `readers` views exist already.
    func makeReader() -> TableReader? {
        guard let announcement = writer.withLock({ writer in writer.claimReader(for: self) }) else {
            return nil
        }
        return unsafe TableReader(root: sharedRoot, announcement: announcement)
    }
}

/// One thread's view of the table.
///
/// Pointers that it hands out are good until the next `beginBatch` or `rest`.
@safe struct TableReader: ~Copyable {
    /// Alive as long as the announcement, which holds the table.
    private let root: UnsafePointer<TableRoot>
    private var announcement: QuiescentState.Announcement

    init(
        root: UnsafePointer<TableRoot>,
        announcement: consuming QuiescentState.Announcement
    ) {
        unsafe self.root = root
        self.announcement = announcement
    }

    /// The current hash table; nil until the first zone is loaded.
    @inline(__always)
    var slots: TableSlots? {
        guard
            let block = unsafe UnsafeMutableRawPointer(
                bitPattern: unsafe root.pointee.slots.load(ordering: .acquiring)
            )
        else { return nil }
        return unsafe TableSlots(block: block)
    }

    @inline(__always)
    var labelsMax: Int { unsafe root.pointee.labelsMax.load(ordering: .acquiring) }

    /// True when the table has `address`.
    func hasAddress(_ address: IPAddress) -> Bool {
        let block =
            switch address {
            case .v4: unsafe root.pointee.addresses4.load(ordering: .acquiring)
            case .v6: unsafe root.pointee.addresses6.load(ordering: .acquiring)
            }
        guard let block = unsafe UnsafeMutableRawPointer(bitPattern: block) else { return false }
        return unsafe AddressSlots(block: block).contains(address)
    }

    @inline(__always)
    mutating func beginBatch() { announcement.beginBatch() }

    mutating func rest() { announcement.rest() }
}
