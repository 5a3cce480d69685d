internal import Synchronization

/// Decides when memory that was unlinked from the table can no longer be seen by any reader.
///
/// Quiescent-state reclamation: a reader announces the current epoch between batches, when it holds
/// no pointer into the table, and 0 before it sleeps. The writer tags what it unlinks with the
/// epoch, then advances the epoch; the block is free when every awake reader has announced a later
/// one.
///
/// Cost for readers: two loads a batch, and one store with a fence after each change of the table.
@safe struct QuiescentState: ~Copyable {
    /// A reader's words lie alone on two cache lines: its epoch, then 1 when the place is taken.
    private static let wordsPerReader = 16

    @safe private struct Retired {
        let block: UnsafeMutableRawPointer
        let epoch: UInt64
    }

    private let current: UnsafeMutablePointer<Atomic<UInt64>>
    private let readerWords: UnsafeMutablePointer<Atomic<UInt64>>
    private let readers: Int
    private var retired: [Retired] = []

    init(readers: Int) {
        unsafe current = .allocate(capacity: 1)
        unsafe current.initialize(to: Atomic(1))
        self.readers = readers
        let words = max(readers, 1) * Self.wordsPerReader
        unsafe readerWords = .allocate(capacity: words)
        for index in 0..<words { unsafe (readerWords + index).initialize(to: Atomic(0)) }
    }

    deinit {
        for block in retired { unsafe block.block.deallocate() }
        unsafe readerWords.deallocate()
        unsafe current.deallocate()
    }

    /// The number of blocks that wait for readers.
    var retiredCount: Int { retired.count }

    /// A reader's handle; nil when all are taken.
    func claim(for table: AnswerTable) -> Announcement? {
        for index in 0..<readers {
            let words = unsafe UnsafePointer(unsafe readerWords + index * Self.wordsPerReader)
            let (taken, _) = unsafe words[1].compareExchange(
                expected: 0,
                desired: 1,
                ordering: .acquiringAndReleasing
            )
            if taken {
                return unsafe Announcement(table, words: words, current: UnsafePointer(current))
            }
        }
        return nil
    }

    /// Takes over `block`, which readers may still hold but can no longer find.
    mutating func retire(_ block: UnsafeMutableRawPointer) {
        let epoch = unsafe current.pointee.load(ordering: .relaxed)
        unsafe retired.append(Retired(block: block, epoch: epoch))
    }

    /// Ends the epoch and frees what no reader can hold any more.
    mutating func reclaim() {
        guard !retired.isEmpty else { return }
        unsafe current.pointee.add(1, ordering: .sequentiallyConsistent)
        atomicMemoryFence(ordering: .sequentiallyConsistent)
        var oldest = UInt64.max
        for index in 0..<readers {
            let epoch = unsafe readerWords[index * Self.wordsPerReader].load(ordering: .acquiring)
            if epoch != 0 { oldest = min(oldest, epoch) }
        }
        let kept = retired.firstIndex { $0.epoch >= oldest } ?? retired.count
        for block in retired[..<kept] { unsafe block.block.deallocate() }
        retired.removeSubrange(..<kept)
    }

    /// A reader's side: held by one thread.
    @safe struct Announcement: ~Copyable {
        /// Keeps the words below alive until `deinit` has written its last.
        private let table: AnswerTable
        private let words: UnsafePointer<Atomic<UInt64>>
        private let current: UnsafePointer<Atomic<UInt64>>
        private var announced: UInt64 = 0

        fileprivate init(
            _ table: AnswerTable,
            words: UnsafePointer<Atomic<UInt64>>,
            current: UnsafePointer<Atomic<UInt64>>
        ) {
            self.table = table
            unsafe self.words = words
            unsafe self.current = current
        }

        deinit {
            unsafe words[0].store(0, ordering: .releasing)
            unsafe words[1].store(0, ordering: .releasing)
        }

        /// Says that the reader holds nothing now and is about to read.
        @inline(__always)
        mutating func beginBatch() {
            let now = unsafe current.pointee.load(ordering: .acquiring)
            guard now != announced else { return }
            announced = now
            unsafe words[0].store(now, ordering: .sequentiallyConsistent)
            // The announcement must be visible before any pointer of the table is loaded.
            atomicMemoryFence(ordering: .sequentiallyConsistent)
        }

        /// Says that the reader holds nothing and will not read until the next `beginBatch`.
        mutating func rest() {
            guard announced != 0 else { return }
            announced = 0
            unsafe words[0].store(0, ordering: .releasing)
        }
    }
}
