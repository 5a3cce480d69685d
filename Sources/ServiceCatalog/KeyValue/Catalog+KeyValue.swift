extension Catalog {
    package var keyCount: Int { keys.count }

    /// All keys with their values, in byte order.
    package var entries: [KeyValueEntry] { keys.all }

    package func entry(_ key: String) -> KeyValueEntry? { keys.find(key) }

    /// The entries whose keys begin with `prefix`, in byte order.
    package func entries(withPrefix prefix: String) -> [KeyValueEntry] {
        keys.entries(withPrefix: prefix)
    }

    /// The keys that begin with `prefix`, in byte order.
    ///
    /// Those that have `separator` after the prefix are given once, up to and with the separator;
    /// an empty one separates nothing.
    package func keys(withPrefix prefix: String, separator: String = "") -> [String] {
        keys.keys(withPrefix: prefix, separator: separator)
    }

    /// Does what `change` wants.
    ///
    /// - Returns: the entry as written; nil after a deletion.
    /// - Throws: `CatalogRejection`; nothing changed then. `conditionFailed` is a plain no.
    @discardableResult
    mutating func apply(
        _ change: KeyValueChange,
        _ delta: inout CatalogDelta
    ) throws(CatalogRejection) -> KeyValueEntry? {
        switch change {
        case .set(let write):
            return try self.write(write, &delta)
        case .compareAndSet(let write, let index):
            guard (keys.find(write.key)?.modifyIndex ?? 0) == index else { throw .conditionFailed }
            return try self.write(write, &delta)
        case .acquire(let write, let session):
            guard let session = sessionRecords[Self.fold(session)]?.id else {
                throw .invalidSession(session)
            }
            let holder = keys.find(write.key)?.session
            guard holder == nil || holder == session else { throw .conditionFailed }
            return try self.write(write, &delta) { entry in
                if holder == nil { entry.lockIndex += 1 }
                entry.session = session
            }
        case .release(let write, let session):
            guard !session.isEmpty else { throw .invalidSession(session) }
            let holder = keys.find(write.key)?.session
            guard let holder, Self.fold(holder) == Self.fold(session) else {
                throw .conditionFailed
            }
            return try self.write(write, &delta) { $0.session = nil }
        case .delete(let key):
            if let entry = keys.find(key) { remove(entry, &delta) }
        case .compareAndDelete(let key, let index):
            guard let entry = keys.find(key) else { return nil }
            guard entry.modifyIndex == index else { throw .conditionFailed }
            remove(entry, &delta)
        case .deleteTree(let prefix):
            for entry in keys.entries(withPrefix: prefix) { remove(entry, &delta) }
        }
        return nil
    }

    private mutating func write(
        _ write: KeyValueWrite,
        _ delta: inout CatalogDelta,
        _ adjust: (inout KeyValueEntry) -> Void = { _ in }
    ) throws(CatalogRejection) -> KeyValueEntry {
        let old = keys.find(write.key)
        if old == nil {
            guard keys.count < limits.keysMax else {
                throw .limitReached(what: "keys", limit: limits.keysMax)
            }
            guard write.key.utf8.count <= limits.keyBytesMax else {
                throw .limitReached(what: "bytes in a key", limit: limits.keyBytesMax)
            }
        }
        var entry = old ?? KeyValueEntry(key: write.key)
        entry.value = write.value
        entry.flags = write.flags
        adjust(&entry)
        if let old, entry.hasSameContent(as: old) { return old }
        if old == nil { entry.createIndex = delta.index }
        put(entry, over: old, &delta)
        return keys.find(write.key) ?? entry
    }

    /// Writes an entry that differs from `old`.
    mutating func put(
        _ new: KeyValueEntry,
        over old: KeyValueEntry?,
        _ delta: inout CatalogDelta
    ) {
        var entry = new
        entry.modifyIndex = delta.index
        keys.set(entry)
        delta.note(.keyValue(old: old, new: entry))
    }

    mutating func remove(_ entry: KeyValueEntry, _ delta: inout CatalogDelta) {
        keys.remove(entry.key)
        delta.note(.keyValue(old: entry, new: nil))
    }

    /// Remembers the deletions of a change that is done.
    mutating func bury(_ delta: CatalogDelta) {
        for case .keyValue(let old?, nil) in delta.events where keys.find(old.key) == nil {
            keys.bury(old.key, at: delta.index)
        }
    }
}
