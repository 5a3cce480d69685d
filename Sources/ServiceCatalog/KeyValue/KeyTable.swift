extension KeyValueEntry: KeyedRecord {}

/// The keys with their values, who holds them, and what remains known of deleted ones.
struct KeyTable: Sendable {
    /// A deleted key: its deletion counts in the index of every prefix that it had.
    private struct Tombstone: KeyedRecord {
        var key: String
        var modifyIndex: CatalogIndex
    }

    private static let tombstonesMax = 32_768

    private var entries = OrderedKeys<KeyValueEntry>()
    private var tombstones = OrderedKeys<Tombstone>()
    /// Deletions up to here may be forgotten; no missing key and no prefix has a lower index.
    private(set) var floor: CatalogIndex = 1
    /// The keys that a session holds, as bytes: texts that look alike are different keys.
    private var keysBySession = HashTrie<String, Set<[UInt8]>>()

    var count: Int { entries.count }

    /// All entries in order of key.
    var all: [KeyValueEntry] { entries.all }

    func find(_ key: String) -> KeyValueEntry? { entries.find(key) }

    func entries(withPrefix prefix: String) -> [KeyValueEntry] {
        entries.records(withPrefix: prefix)
    }

    /// The keys that begin with `prefix`; those that have `separator` after it are given once, up
    /// to and with the separator.
    func keys(withPrefix prefix: String, separator: String) -> [String] {
        let separator = Array(separator.utf8)
        let prefixCount = prefix.utf8.count
        var keys: [String] = []
        entries.forEach(withPrefix: prefix) { entry in
            let bytes = Array(entry.key.utf8)
            guard !separator.isEmpty,
                let found = bytes[prefixCount...].firstRange(of: separator)
            else {
                keys.append(entry.key)
                return nil
            }
            let group = Array(bytes[..<found.upperBound])
            keys.append(String(decoding: group, as: UTF8.self))
            return group
        }
        return keys
    }

    /// The index of a key; of a missing one that of its deletion.
    func index(of key: String) -> CatalogIndex {
        if let entry = entries.find(key) { return entry.modifyIndex }
        return max(tombstones.find(key)?.modifyIndex ?? 0, floor)
    }

    /// The highest index of what is below `prefix`, deletions included.
    func index(ofPrefix prefix: String) -> CatalogIndex {
        max(
            entries.newestIndex(withPrefix: prefix) ?? 0,
            tombstones.newestIndex(withPrefix: prefix) ?? 0,
            floor
        )
    }

    /// The keys that a session holds, in order.
    func keys(heldBy session: String) -> [String] {
        (keysBySession[session] ?? []).sorted { $0.lexicographicallyPrecedes($1) }
            .map { String(decoding: $0, as: UTF8.self) }
    }

    /// Writes an entry as it is.
    mutating func set(_ entry: KeyValueEntry) {
        let old = entries.set(entry)
        guard old?.session != entry.session else { return }
        if let old { letGo(old) }
        if let session = entry.session {
            keysBySession.insert(Array(entry.key.utf8), into: session)
        }
    }

    /// Removes an entry without a trace.
    mutating func remove(_ key: String) {
        if let old = entries.remove(key) { letGo(old) }
    }

    /// Remembers that a key was deleted.
    mutating func bury(_ key: String, at index: CatalogIndex) {
        tombstones.set(Tombstone(key: key, modifyIndex: index))
        guard tombstones.count > Self.tombstonesMax else { return }
        // Half of them at once, so that the floor rarely moves.
        let indexes = tombstones.all.map(\.modifyIndex).sorted()
        floor = max(floor, indexes[indexes.count / 2])
        let floor = floor
        tombstones.filter { $0.modifyIndex > floor }
    }

    /// Forgets the deletions: every missing key and every prefix has at least this index.
    mutating func raiseFloor(to index: CatalogIndex) {
        floor = max(floor, index)
        tombstones = OrderedKeys()
    }

    private mutating func letGo(_ entry: KeyValueEntry) {
        guard let session = entry.session else { return }
        keysBySession.remove(Array(entry.key.utf8), from: session)
    }
}
