internal import DNSWire
internal import Synchronization

/// The writer's side of one family's set of addresses.
@safe struct AddressSetWriter: ~Copyable {
    private let root: UnsafePointer<TableRoot>
    private let isIPv6: Bool
    private let key: HashKey
    private var slots: AddressSlots?
    /// Slots that are not free.
    private var used = 0
    private(set) var count = 0

    private static let capacityMin = 64

    init(root: UnsafePointer<TableRoot>, isIPv6: Bool, key: HashKey) {
        unsafe self.root = unsafe root
        self.isIPv6 = isIPv6
        self.key = key
    }

    deinit { unsafe slots?.block.deallocate() }

    var byteCount: Int { unsafe slots?.byteCount ?? 0 }

    /// Adds `address`; false when it is there already.
    ///
    /// A set that has to grow hands its old block to `retire`.
    mutating func insert(
        _ address: IPAddress,
        retire: (UnsafeMutableRawPointer) -> Void
    ) -> Bool {
        if let slots = unsafe slots, unsafe slots.contains(address) { return false }
        if let old = unsafe growIfNeeded() { unsafe retire(old) }
        if let slots = unsafe slots, unsafe slots.insert(address) { used += 1 }
        count += 1
        return true
    }

    /// Takes `address` out; false when it is not there.
    mutating func remove(_ address: IPAddress) -> Bool {
        guard let slots = unsafe slots, unsafe slots.remove(address) else { return false }
        count -= 1
        return true
    }

    /// Keeps at least a third of the slots free.
    private mutating func growIfNeeded() -> UnsafeMutableRawPointer? {
        if let slots = unsafe slots, unsafe (used + 1) * 3 <= slots.capacity * 2 { return nil }
        var capacity = Self.capacityMin
        while (count + 1) * 2 > capacity { capacity *= 2 }
        let larger = unsafe AddressSlots.allocate(
            capacity: capacity,
            wordsPerSlot: isIPv6 ? 3 : 1,
            key: key
        )
        let old = unsafe slots
        unsafe old?.copy(to: larger)
        unsafe slots = unsafe larger
        used = count
        let address = unsafe UInt(bitPattern: larger.block)
        if isIPv6 {
            unsafe root.pointee.addresses6.store(address, ordering: .releasing)
        } else {
            unsafe root.pointee.addresses4.store(address, ordering: .releasing)
        }
        return unsafe old?.block
    }
}

extension TableWriter {
    mutating func add(_ address: IPAddress, inZone: Bool) {
        var old: UnsafeMutableRawPointer?
        let isNew =
            switch address {
            case .v4: unsafe addresses4.insert(address) { unsafe old = unsafe $0 }
            case .v6: unsafe addresses6.insert(address) { unsafe old = unsafe $0 }
            }
        if let old = unsafe old { unsafe retire(old) }
        guard isNew, inZone else { return }
        // The name itself is in the set; the table has those above it.
        load(address.reverseName)
        link()
    }

    mutating func remove(_ address: IPAddress, inZone: Bool) {
        let wasThere =
            switch address {
            case .v4: addresses4.remove(address)
            case .v6: addresses6.remove(address)
            }
        guard wasThere, inZone else { return }
        load(address.reverseName)
        unlink()
    }
}
