internal import DNSWire
internal import Synchronization

/// A set of addresses of one family in memory that readers never wait for: open addressing.
///
/// *Why:* a million addresses have names (`<hex>.addr`, and the reverse name); as names of the
/// table they would cost a hundred times the memory of the address, and the names say all there is
/// to answer.
///
/// A slot is one word for IPv4. For IPv6 it is three: a mark, then the address's halves, which are
/// written before the mark.
@unsafe struct AddressSlots {
    /// The block: capacity minus one, words a slot, the hash key; then the slots.
    let block: UnsafeMutableRawPointer

    private static let free: UInt64 = 0
    private static let removed: UInt64 = 1
    private static let headerBytes = 64

    init(block: UnsafeMutableRawPointer) {
        unsafe self.block = block
    }

    /// Slots of `wordsPerSlot` for `capacity` addresses, a power of two.
    static func allocate(capacity: Int, wordsPerSlot: Int, key: HashKey) -> AddressSlots {
        let words = capacity * wordsPerSlot
        let block = unsafe UnsafeMutableRawPointer.allocate(
            byteCount: headerBytes + 8 * words,
            alignment: 64
        )
        unsafe block.storeBytes(of: UInt64(capacity - 1), as: UInt64.self)
        unsafe block.storeBytes(of: UInt64(wordsPerSlot), toByteOffset: 8, as: UInt64.self)
        unsafe block.storeBytes(of: key, toByteOffset: 16, as: HashKey.self)
        let slots = unsafe AddressSlots(block: block)
        for index in 0..<words { unsafe slots.word(index).initialize(to: Atomic(free)) }
        return unsafe slots
    }

    var capacity: Int { unsafe Int(block.load(as: UInt64.self)) + 1 }
    private var wordsPerSlot: Int { unsafe Int(block.load(fromByteOffset: 8, as: UInt64.self)) }
    private var key: HashKey { unsafe block.load(fromByteOffset: 16, as: HashKey.self) }
    var byteCount: Int { unsafe Self.headerBytes + 8 * capacity * wordsPerSlot }

    private func word(_ index: Int) -> UnsafeMutablePointer<Atomic<UInt64>> {
        unsafe (block + Self.headerBytes).assumingMemoryBound(to: Atomic<UInt64>.self) + index
    }

    private func load(_ index: Int) -> UInt64 {
        unsafe word(index).pointee.load(ordering: .acquiring)
    }

    private func store(_ value: UInt64, at index: Int) {
        unsafe word(index).pointee.store(value, ordering: .releasing)
    }

    /// True when the set has `address`; no allocation, no lock.
    func contains(_ address: IPAddress) -> Bool {
        unsafe index(of: AddressSlotKey(address, key)) != nil
    }

    /// The slot that holds `key`.
    private func index(of key: AddressSlotKey) -> Int? {
        let width = unsafe wordsPerSlot
        let mask = unsafe capacity - 1
        var slot = Int(truncatingIfNeeded: key.hash) & mask
        while true {
            let mark = unsafe load(slot * width)
            if unsafe mark == Self.free { return nil }
            if mark == key.mark,
                unsafe width == 1
                    || load(slot * width + 1) == key.high && load(slot * width + 2) == key.low
            {
                return slot
            }
            slot = (slot + 1) & mask
        }
    }

    /// Adds an address that is not there; true when it took a slot that nobody had used.
    ///
    /// A removed slot is used again: an address that comes and goes would fill its surroundings.
    /// A reader that saw the old mark there finds halves that are not those it looks for, or what
    /// was there until just now.
    func insert(_ address: IPAddress) -> Bool {
        let key = unsafe AddressSlotKey(address, key)
        let width = unsafe wordsPerSlot
        let mask = unsafe capacity - 1
        var slot = Int(truncatingIfNeeded: key.hash) & mask
        while unsafe load(slot * width) > Self.removed { slot = (slot + 1) & mask }
        let isFresh = unsafe load(slot * width) == Self.free
        if width > 1 {
            unsafe store(key.high, at: slot * width + 1)
            unsafe store(key.low, at: slot * width + 2)
        }
        unsafe store(key.mark, at: slot * width)
        return isFresh
    }

    /// Takes an address out; false when it is not there.
    func remove(_ address: IPAddress) -> Bool {
        guard let slot = unsafe index(of: AddressSlotKey(address, key)) else { return false }
        unsafe store(Self.removed, at: slot * wordsPerSlot)
        return true
    }

    /// Puts all addresses into `other`, which nobody reads yet.
    func copy(to other: AddressSlots) {
        let width = unsafe wordsPerSlot
        for slot in unsafe 0..<capacity {
            let mark = unsafe load(slot * width)
            guard unsafe mark > Self.removed else { continue }
            if width == 1 {
                _ = unsafe other.insert(.v4(UInt32(truncatingIfNeeded: mark)))
            } else {
                let high = unsafe UInt128(load(slot * width + 1))
                _ = unsafe other.insert(.v6(high << 64 | UInt128(load(slot * width + 2))))
            }
        }
    }
}

/// An address as it stands in a slot.
struct AddressSlotKey {
    /// Never that of a free or a removed slot.
    var mark: UInt64
    var high: UInt64 = 0
    var low: UInt64 = 0
    var hash: UInt64

    init(_ address: IPAddress, _ key: HashKey) {
        func mix(_ value: UInt64) -> UInt64 {
            let product = value.multipliedFullWidth(by: key.multiplier)
            return product.high ^ product.low
        }
        switch address {
        case .v4(let value):
            mark = UInt64(value) | 1 << 32
            hash = mix(key.seed ^ UInt64(value))
        case .v6(let value):
            high = UInt64(truncatingIfNeeded: value >> 64)
            low = UInt64(truncatingIfNeeded: value)
            hash = mix(mix(key.seed ^ high) ^ low)
            mark = hash | 2
        }
    }
}
