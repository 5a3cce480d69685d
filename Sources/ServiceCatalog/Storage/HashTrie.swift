/// A dictionary in small pieces: no write takes longer because there is much of it.
///
/// Why not a `Dictionary`: one with a million entries stands still for a fifth of a second when it
/// grows, and the first write after a copy copies it whole. Here both concern one piece, so a copy
/// of the whole is a snapshot that a reader may look at in peace. Values are changed where they
/// are, by `update`: a setter that took them out would copy what they hold.
///
/// Cost: one hash, a few steps down, a binary search in a piece of at most 128 entries.
struct HashTrie<Key: Hashable & Sendable, Value: Sendable>: Sendable {
    private struct Entry: Sendable {
        var hash: UInt
        var key: Key
        var value: Value
    }

    /// Entries of one piece: so many at most are moved by a write, or copied by one into a copy.
    private static var entriesMax: Int { 128 }
    private static var branchBits: Int { 4 }
    private static var branches: Int { 1 << branchBits }

    /// In order of hash; empty once there are pieces.
    private var entries: [Entry] = []
    /// None, or one for each value of the hash's next bits.
    private var pieces: [HashTrie] = []
    private(set) var count = 0

    init() {}

    var isEmpty: Bool { count == 0 }

    // MARK: Reading

    subscript(key: Key) -> Value? { read(key) { $0 } }

    /// What `body` makes of a value, which is not copied for it; nil without one.
    func read<Result>(_ key: Key, _ body: (borrowing Value) -> Result) -> Result? {
        isEmpty ? nil : read(key, Self.hash(key), 0, body)
    }

    private func read<Result>(
        _ key: Key,
        _ hash: UInt,
        _ depth: Int,
        _ body: (borrowing Value) -> Result
    ) -> Result? {
        guard pieces.isEmpty else {
            return pieces[Self.branch(hash, depth)].read(key, hash, depth + 1, body)
        }
        guard case let (position, isThere) = position(key, hash), isThere else { return nil }
        return body(entries[position].value)
    }

    /// Calls `body` for each entry, in no order.
    func forEach(_ body: (Key, Value) -> Void) {
        for entry in entries { body(entry.key, entry.value) }
        for piece in pieces { piece.forEach(body) }
    }

    /// All values, in no order.
    var values: [Value] { map { $1 } }

    /// All keys, in no order.
    var keys: [Key] { map { key, _ in key } }

    func map<Element>(_ transform: (Key, Value) -> Element) -> [Element] {
        var elements: [Element] = []
        elements.reserveCapacity(count)
        forEach { elements.append(transform($0, $1)) }
        return elements
    }

    // MARK: Writing

    /// Files `value` under `key`, in the place of what was there.
    mutating func set(_ key: Key, _ value: Value) {
        _ = set(Entry(hash: Self.hash(key), key: key, value: value), 0)
    }

    /// Changes a value where it is; nil without one.
    @discardableResult
    mutating func update<Result>(
        _ key: Key,
        _ change: (inout Value) -> Result
    ) -> Result? {
        isEmpty ? nil : update(key, Self.hash(key), 0, change)
    }

    /// Removes an entry and returns what it was.
    @discardableResult
    mutating func remove(_ key: Key) -> Value? {
        isEmpty ? nil : remove(key, Self.hash(key), 0)
    }

    /// True when the key is new.
    private mutating func set(_ entry: Entry, _ depth: Int) -> Bool {
        guard pieces.isEmpty else {
            let isNew = pieces[Self.branch(entry.hash, depth)].set(entry, depth + 1)
            if isNew { count += 1 }
            return isNew
        }
        let (position, isThere) = position(entry.key, entry.hash)
        guard !isThere else {
            entries[position] = entry
            return false
        }
        if entries.count == entries.capacity {
            // By a quarter, not by as much again: a million entries would leave much empty.
            entries.reserveCapacity(entries.count + max(2, entries.count / 4))
        }
        entries.insert(entry, at: position)
        count += 1
        if entries.count > Self.entriesMax { split(depth) }
        return true
    }

    private mutating func update<Result>(
        _ key: Key,
        _ hash: UInt,
        _ depth: Int,
        _ change: (inout Value) -> Result
    ) -> Result? {
        guard pieces.isEmpty else {
            return pieces[Self.branch(hash, depth)].update(key, hash, depth + 1, change)
        }
        guard case let (position, isThere) = position(key, hash), isThere else { return nil }
        return change(&entries[position].value)
    }

    private mutating func remove(_ key: Key, _ hash: UInt, _ depth: Int) -> Value? {
        if pieces.isEmpty {
            guard case let (position, isThere) = position(key, hash), isThere else { return nil }
            count -= 1
            return entries.remove(at: position).value
        }
        guard let old = pieces[Self.branch(hash, depth)].remove(key, hash, depth + 1) else {
            return nil
        }
        count -= 1
        return old
    }

    private mutating func split(_ depth: Int) {
        // Keys whose hashes are all the same cannot be told apart by them.
        guard (depth + 1) * Self.branchBits <= UInt.bitWidth else { return }
        pieces = Array(repeating: HashTrie(), count: Self.branches)
        for entry in entries {
            let branch = Self.branch(entry.hash, depth)
            pieces[branch].entries.append(entry)
            pieces[branch].count += 1
        }
        entries = []
    }

    // MARK: Places

    private static func hash(_ key: Key) -> UInt { UInt(bitPattern: key.hashValue) }

    private static func branch(_ hash: UInt, _ depth: Int) -> Int {
        Int(truncatingIfNeeded: hash >> UInt(depth * branchBits)) & (branches - 1)
    }

    /// Where a key stands in this piece, or would have to be put.
    private func position(_ key: Key, _ hash: UInt) -> (position: Int, isThere: Bool) {
        var position = entries.firstIndex(whereAllFollowing: { $0.hash >= hash })
        while position < entries.count, entries[position].hash == hash {
            if entries[position].key == key { return (position, true) }
            position += 1
        }
        return (position, false)
    }
}

// MARK: - Sets

extension HashTrie {
    /// Adds an element to the set under a key.
    mutating func insert<Element>(_ element: Element, into key: Key) where Value == Set<Element> {
        if update(key, { $0.insert(element) }) == nil { set(key, [element]) }
    }

    /// Removes an element from the set under a key, and the set with its last one.
    mutating func remove<Element>(_ element: Element, from key: Key) where Value == Set<Element> {
        let isEmpty = update(key) { set in
            set.remove(element)
            return set.isEmpty
        }
        if isEmpty == true { remove(key) }
    }
}

extension Array {
    /// The first position from which on `isBehind` holds; it does not hold before it.
    func firstIndex(whereAllFollowing isBehind: (Element) -> Bool) -> Int {
        var low = startIndex
        var high = endIndex
        while low < high {
            let middle = low + (high - low) / 2
            if isBehind(self[middle]) { high = middle } else { low = middle + 1 }
        }
        return low
    }
}
