internal import Synchronization

/// The protection in force, for all workers of a responder: one writer, readers that never wait.
///
/// A worker says which generation it reads; what is older than that of every worker is freed with
/// the next change, all else at the end.
@safe final class ProtectionBoard: Sendable {
    private let key = SipKey.random()
    private let workers: Int
    // SAFETY: the words behind the pointers are atomics, set up before the board is shared; every
    // reader holds the board.
    private nonisolated(unsafe) let current: UnsafeMutablePointer<Atomic<UInt>>
    // SAFETY: as for `current`.
    private nonisolated(unsafe) let seen: UnsafeMutablePointer<Atomic<UInt64>>
    private let blocks: Mutex<Blocks>

    /// The newest last.
    private struct Blocks: ~Copyable {
        var addresses: [UInt] = []
        var readers = 0
        var settings: ProtectionSettings
    }

    init(_ settings: ProtectionSettings, workers: Int) {
        self.workers = max(workers, 1)
        unsafe current = .allocate(capacity: 1)
        unsafe seen = .allocate(capacity: self.workers)
        for worker in 0..<self.workers { unsafe (seen + worker).initialize(to: Atomic(0)) }
        let block = UnsafeMutablePointer<Protection>.allocate(capacity: 1)
        unsafe block.initialize(
            to: Protection(settings, ownKey: key, workers: self.workers, generation: 0)
        )
        let address = UInt(bitPattern: block)
        unsafe current.initialize(to: Atomic(address))
        blocks = Mutex(Blocks(addresses: [address], settings: settings))
    }

    deinit {
        let addresses = blocks.withLock { $0.addresses }
        for address in addresses { Self.free(address) }
        unsafe current.deallocate()
        unsafe seen.deallocate()
    }

    /// Puts `settings` in force; workers see it with their next batch.
    func replace(_ settings: ProtectionSettings) {
        blocks.withLock { blocks in
            guard blocks.settings != settings, let newest = blocks.addresses.last else { return }
            blocks.settings = settings
            let generation = unsafe Self.block(newest).pointee.generation + 1
            let block = UnsafeMutablePointer<Protection>.allocate(capacity: 1)
            unsafe block.initialize(
                to: Protection(settings, ownKey: key, workers: workers, generation: generation)
            )
            blocks.addresses.append(UInt(bitPattern: block))
            unsafe current.pointee.store(UInt(bitPattern: block), ordering: .releasing)
            var oldest = generation
            for worker in 0..<workers {
                oldest = unsafe min(oldest, seen[worker].load(ordering: .acquiring))
            }
            while let address = blocks.addresses.first,
                unsafe Self.block(address).pointee.generation < oldest
            {
                blocks.addresses.removeFirst()
                Self.free(address)
            }
        }
    }

    /// The view of one more worker; nil when all have theirs.
    func makeReader() -> ProtectionReader? {
        let number = blocks.withLock { blocks in
            blocks.readers += 1
            return blocks.readers - 1
        }
        guard number < workers else { return nil }
        return unsafe ProtectionReader(board: self, current: current, seen: seen + number)
    }

    fileprivate static func block(_ address: UInt) -> UnsafeMutablePointer<Protection> {
        // SAFETY: only addresses of blocks are kept.
        unsafe UnsafeMutablePointer(bitPattern: address).unsafelyUnwrapped
    }

    private static func free(_ address: UInt) {
        let block = unsafe block(address)
        unsafe block.pointee.deallocate()
        unsafe block.deallocate()
    }
}

/// One worker's view of the protection in force.
@safe struct ProtectionReader: ~Copyable {
    private let board: ProtectionBoard
    private let current: UnsafeMutablePointer<Atomic<UInt>>
    private let seen: UnsafeMutablePointer<Atomic<UInt64>>
    /// Good until the next `refresh`.
    private(set) var protection: UnsafePointer<Protection>

    init(
        board: ProtectionBoard,
        current: UnsafeMutablePointer<Atomic<UInt>>,
        seen: UnsafeMutablePointer<Atomic<UInt64>>
    ) {
        self.board = board
        unsafe self.current = unsafe current
        unsafe self.seen = unsafe seen
        let address = unsafe current.pointee.load(ordering: .acquiring)
        unsafe protection = unsafe UnsafePointer(ProtectionBoard.block(address))
        unsafe seen.pointee.store(protection.pointee.generation, ordering: .releasing)
    }

    /// Takes what is in force now.
    @inline(__always)
    mutating func refresh() {
        let address = unsafe current.pointee.load(ordering: .acquiring)
        if unsafe address != UInt(bitPattern: protection) { take(address) }
    }

    @inline(never)
    private mutating func take(_ address: UInt) {
        unsafe protection = unsafe UnsafePointer(ProtectionBoard.block(address))
        unsafe seen.pointee.store(protection.pointee.generation, ordering: .releasing)
    }
}
