internal import DNSWire

/// The secret of the name hash, new in each process: strangers choose names, and must not choose
/// collisions.
struct HashKey: Sendable {
    let seed: UInt64
    let multiplier: UInt64

    init() {
        var random = SystemRandomNumberGenerator()
        seed = random.next()
        multiplier = random.next() | 1
    }
}

/// A name in lower case with the hash of each of its suffixes, in memory that is set up once.
///
/// The hash runs from the root to the left, label by label, so one pass gives the hash of the whole
/// name and of every name above it: the way up to the closest encloser hashes nothing again.
///
/// Cost: no allocation after `init`.
@safe struct FoldedName: ~Copyable {
    /// The folded wire name, padded so that whole words may be read after its end.
    let bytes: UnsafeMutablePointer<UInt8>
    /// Where each label starts; the last one is the root's.
    private let offsets: UnsafeMutablePointer<UInt8>
    /// The hash of the suffix that starts at the label of the same index.
    private let hashes: UnsafeMutablePointer<UInt64>
    private let key: HashKey
    /// The bytes of the name, the root's included.
    private(set) var count = 0
    /// The number of labels, the root's not included.
    private(set) var labelCount = 0

    private static let bytesCapacity = 256 + 64
    private static let labelsCapacity = 128

    init(key: HashKey) {
        self.key = key
        unsafe bytes = .allocate(capacity: Self.bytesCapacity)
        unsafe bytes.initialize(repeating: 0, count: Self.bytesCapacity)
        unsafe offsets = .allocate(capacity: Self.labelsCapacity)
        unsafe offsets.initialize(repeating: 0, count: Self.labelsCapacity)
        unsafe hashes = .allocate(capacity: Self.labelsCapacity)
        unsafe hashes.initialize(repeating: 0, count: Self.labelsCapacity)
    }

    deinit {
        unsafe bytes.deallocate()
        unsafe offsets.deallocate()
        unsafe hashes.deallocate()
    }

    /// Finds the labels of the uncompressed name at `wire`; false unless it ends within `available`
    /// bytes.
    ///
    /// A compression pointer, a label over 63 bytes or a name over 255 is refused.
    mutating func scan(_ wire: UnsafePointer<UInt8>, available: Int) -> Bool {
        let limit = min(available, WireLimits.nameBytesMax)
        var position = 0
        var labels = 0
        while position < limit {
            let length = Int(unsafe wire[position])
            unsafe offsets[labels] = UInt8(truncatingIfNeeded: position)
            position += 1
            if length == 0 {
                count = position
                labelCount = labels
                return true
            }
            guard length <= WireLimits.labelBytesMax else { return false }
            // 255 bytes hold at most 127 labels, so `labels` stays below the capacity.
            labels += 1
            position += length
        }
        return false
    }

    /// Folds and hashes the name that `scan` measured; up to 7 bytes after it are read and ignored.
    mutating func foldAndHash(_ wire: UnsafePointer<UInt8>) {
        let source = unsafe UnsafeRawPointer(wire)
        let target = unsafe UnsafeMutableRawPointer(bytes)
        var position = 0
        while position < count {
            let word = unsafe source.loadUnaligned(fromByteOffset: position, as: UInt64.self)
            unsafe target.storeBytes(of: Self.folded(word), toByteOffset: position, as: UInt64.self)
            position += 8
        }
        var hash = key.seed
        unsafe hashes[labelCount] = hash
        var label = labelCount
        var end = count - 1
        while label > 0 {
            label -= 1
            let start = Int(unsafe offsets[label])
            var remaining = end - start
            var cursor = start
            // The length byte is part of the first word, so that `ab.c` and `a.bc` differ.
            while remaining >= 8 {
                let word = unsafe target.loadUnaligned(fromByteOffset: cursor, as: UInt64.self)
                hash = mix(hash ^ word.littleEndian)
                cursor += 8
                remaining -= 8
            }
            if remaining > 0 {
                let word = unsafe target.loadUnaligned(fromByteOffset: cursor, as: UInt64.self)
                let mask = ~UInt64(0) >> (64 - 8 * UInt64(remaining))
                hash = mix(hash ^ (word.littleEndian & mask))
            }
            unsafe hashes[label] = hash
            end = start
        }
    }

    /// Where the suffix without the `label` leftmost labels starts.
    @inline(__always)
    func offset(_ label: Int) -> Int { Int(unsafe offsets[label]) }

    /// The hash of the suffix without the `label` leftmost labels.
    @inline(__always)
    func hash(_ label: Int) -> UInt64 { unsafe hashes[label] }

    /// True when the suffix from `offset` is the `length` folded bytes at `other`, which are padded
    /// to a word.
    @inline(__always)
    func suffix(from offset: Int, equals other: UnsafeRawPointer, length: Int) -> Bool {
        guard count - offset == length else { return false }
        let own = UnsafeRawPointer(unsafe bytes + offset)
        var position = 0
        while length - position >= 8 {
            let left = unsafe own.loadUnaligned(fromByteOffset: position, as: UInt64.self)
            let right = unsafe other.loadUnaligned(fromByteOffset: position, as: UInt64.self)
            guard left == right else { return false }
            position += 8
        }
        guard position < length else { return true }
        let left = unsafe own.loadUnaligned(fromByteOffset: position, as: UInt64.self)
        let right = unsafe other.loadUnaligned(fromByteOffset: position, as: UInt64.self)
        let mask = ~UInt64(0) >> (64 - 8 * UInt64(length - position))
        return (left.littleEndian ^ right.littleEndian) & mask == 0
    }

    /// Eight bytes with ASCII capitals in lower case.
    ///
    /// Each byte's top bit tells, after an addition that cannot carry over, whether the byte is at
    /// least `A` and whether it is above `Z`.
    @inline(__always)
    private static func folded(_ word: UInt64) -> UInt64 {
        let each: UInt64 = 0x0101_0101_0101_0101
        let low7 = word & (each &* 0x7F)
        let aboveZ = low7 &+ each &* (0x7F - 0x5A)
        let fromA = low7 &+ each &* (0x80 - 0x41)
        let capital = ~word & (fromA ^ aboveZ) & (each &* 0x80)
        return word | capital >> 2
    }

    @inline(__always)
    private func mix(_ value: UInt64) -> UInt64 {
        let product = value.multipliedFullWidth(by: key.multiplier)
        return product.high ^ product.low
    }
}
