/// A dictionary in small pieces: no write takes longer because there is much of it.
///
/// Why not a `Dictionary`: one with a million entries stands still for a fifth of a second when it
/// grows, and the first write after a copy copies it whole. Here both concern one piece, so a copy
/// of the whole is a snapshot that a reader may look at in peace.
///
/// Cost: a look-up hashes twice once there is more than one piece.
struct HashTrie<Key: Hashable & Sendable, Value: Sendable>: Sendable {
    /// Entries of one piece; a write into a copied one copies so many at most.
    private static var entriesMax: Int { 256 }
    private static var branchBits: Int { 4 }
    private static var branches: Int { 1 << branchBits }

    /// Empty once there are pieces.
    private var entries: [Key: Value] = [:]
    /// None, or one for each value of the hash's next bits.
    private var pieces: [HashTrie] = []
    private(set) var count = 0

    init() {}

    var isEmpty: Bool { count == 0 }

    subscript(key: Key) -> Value? {
        get { pieces.isEmpty ? entries[key] : find(key, key.hashValue) }
        _modify {
            // The bits are asked for only where there are pieces to choose from.
            yield &self[key, pieces.isEmpty ? 0 : key.hashValue, 0]
        }
    }

    subscript(key: Key, default value: @autoclosure () -> Value) -> Value {
        get { self[key] ?? value() }
        _modify {
            var present = self[key].take() ?? value()
            defer { self[key] = present }
            yield &present
        }
    }

    /// Removes an entry and returns what it was.
    @discardableResult
    mutating func removeValue(forKey key: Key) -> Value? { self[key].take() }

    // MARK: Reading

    private func find(_ key: Key, _ hash: Int) -> Value? {
        pieces.isEmpty
            ? entries[key]
            : pieces[hash & (Self.branches - 1)].find(key, hash >> Self.branchBits)
    }

    /// Calls `body` for each entry, in no order.
    func forEach(_ body: (Key, Value) -> Void) {
        for (key, value) in entries { body(key, value) }
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

    /// The value in the piece that the bits of `hash` from `depth` on lead to.
    private subscript(key: Key, hash: Int, depth: Int) -> Value? {
        get { find(key, hash) }
        _modify {
            if pieces.isEmpty {
                defer {
                    count = entries.count
                    if count > Self.entriesMax { split(depth) }
                }
                yield &entries[key]
            } else {
                let index = hash & (Self.branches - 1)
                let before = pieces[index].count
                defer { count += pieces[index].count - before }
                yield &pieces[index][key, hash >> Self.branchBits, depth + 1]
            }
        }
    }

    private mutating func split(_ depth: Int) {
        // Keys whose hashes are all the same cannot be told apart by them.
        guard depth < Int.bitWidth / Self.branchBits else { return }
        pieces = Array(repeating: HashTrie(), count: Self.branches)
        for (key, value) in entries {
            let index = key.hashValue >> (depth * Self.branchBits) & (Self.branches - 1)
            pieces[index].entries[key] = value
            pieces[index].count += 1
        }
        entries = [:]
    }
}
