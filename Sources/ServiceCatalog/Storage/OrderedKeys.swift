/// Something that is filed under a key.
protocol KeyedRecord: Sendable {
    var key: String { get }
    var modifyIndex: CatalogIndex { get }
}

/// Records in the byte order of their keys, in chunks.
///
/// Cost: finding, inserting and removing take two binary searches and move at most one chunk, so
/// that a million keys are no slower to fill than a thousand. The newest index of a range is known
/// for each chunk.
struct OrderedKeys<Record: KeyedRecord>: Sendable {
    private struct Chunk: Sendable {
        var records: [Record]
        var newestIndex: CatalogIndex

        init(_ records: [Record]) {
            self.records = records
            self.newestIndex = records.lazy.map(\.modifyIndex).max() ?? 0
        }
    }

    /// Where a record stands, or would have to be put.
    private struct Position {
        var chunk: Int
        var offset: Int
    }

    private static var recordsPerChunkMax: Int { 256 }

    private var chunks: [Chunk] = []
    private(set) var count = 0

    func find(_ key: String) -> Record? {
        let position = position(notBelow: Array(key.utf8))
        guard let record = record(at: position), record.key.utf8.elementsEqual(key.utf8) else {
            return nil
        }
        return record
    }

    /// Writes a record and returns the one with the same key that it replaces.
    @discardableResult
    mutating func set(_ record: Record) -> Record? {
        let position = position(notBelow: Array(record.key.utf8))
        guard position.chunk < chunks.count else {
            chunks.append(Chunk([record]))
            count += 1
            return nil
        }
        if let old = self.record(at: position), old.key.utf8.elementsEqual(record.key.utf8) {
            chunks[position.chunk].records[position.offset] = record
            noteChange(in: position.chunk, old: old.modifyIndex, new: record.modifyIndex)
            return old
        }
        chunks[position.chunk].records.insert(record, at: position.offset)
        noteChange(in: position.chunk, old: nil, new: record.modifyIndex)
        count += 1
        if chunks[position.chunk].records.count > Self.recordsPerChunkMax {
            split(position.chunk)
        }
        return nil
    }

    /// Removes and returns the record with `key`.
    @discardableResult
    mutating func remove(_ key: String) -> Record? {
        let position = position(notBelow: Array(key.utf8))
        guard let old = record(at: position), old.key.utf8.elementsEqual(key.utf8) else {
            return nil
        }
        chunks[position.chunk].records.remove(at: position.offset)
        count -= 1
        if chunks[position.chunk].records.isEmpty {
            chunks.remove(at: position.chunk)
        } else {
            noteChange(in: position.chunk, old: old.modifyIndex, new: nil)
        }
        return old
    }

    /// The newest index of the records whose keys begin with `prefix`; nil without any.
    func newestIndex(withPrefix prefix: String) -> CatalogIndex? {
        let bytes = Array(prefix.utf8)
        var position = position(notBelow: bytes)
        var newest: CatalogIndex?
        while let record = record(at: position), record.key.utf8.starts(with: bytes) {
            let chunk = chunks[position.chunk]
            let isWhole =
                position.offset == 0
                && chunk.records[chunk.records.count - 1].key.utf8
                    .starts(with: bytes)
            newest = max(newest ?? 0, isWhole ? chunk.newestIndex : record.modifyIndex)
            position =
                isWhole
                ? Position(chunk: position.chunk + 1, offset: 0) : self.position(after: position)
        }
        return newest
    }

    /// Calls `body` for each record whose key begins with `prefix`, in order.
    ///
    /// `body` may name a group, a longer prefix: the rest of the keys in it are passed over.
    func forEach(withPrefix prefix: String, _ body: (Record) -> [UInt8]?) {
        let bytes = Array(prefix.utf8)
        var position = position(notBelow: bytes)
        while let record = record(at: position), record.key.utf8.starts(with: bytes) {
            guard let group = body(record) else {
                position = self.position(after: position)
                continue
            }
            guard let end = Self.end(ofPrefix: group) else { return }
            position = self.position(notBelow: end)
        }
    }

    func records(withPrefix prefix: String) -> [Record] {
        var found: [Record] = []
        forEach(withPrefix: prefix) { record in
            found.append(record)
            return nil
        }
        return found
    }

    /// Calls `body` for each record in order of key, for as long as it returns true.
    func forEachInOrder(_ body: (Record) -> Bool) {
        for chunk in chunks {
            for record in chunk.records {
                guard body(record) else { return }
            }
        }
    }

    /// All records in order of key.
    var all: [Record] { chunks.flatMap(\.records) }

    /// Keeps only what `isKept` wants.
    mutating func filter(_ isKept: (Record) -> Bool) {
        chunks = chunks.compactMap { chunk in
            let kept = chunk.records.filter(isKept)
            return kept.isEmpty ? nil : Chunk(kept)
        }
        count = chunks.reduce(0) { $0 + $1.records.count }
    }
}

// MARK: - Positions

extension OrderedKeys {
    /// Where the first record stands that does not come before `bytes`; the end of a chunk where
    /// a new one would go, unless it is the start of the next.
    private func position(notBelow bytes: [UInt8]) -> Position {
        var low = 0
        var high = chunks.count
        while low < high {
            let middle = (low + high) / 2
            let last = chunks[middle].records[chunks[middle].records.count - 1]
            if last.key.utf8.lexicographicallyPrecedes(bytes) {
                low = middle + 1
            } else {
                high = middle
            }
        }
        guard low < chunks.count else {
            // Behind everything: there a new record goes to the end of the last chunk.
            return chunks.isEmpty
                ? Position(chunk: 0, offset: 0)
                : Position(
                    chunk: chunks.count - 1,
                    offset: chunks[chunks.count - 1].records.count
                )
        }
        let records = chunks[low].records
        var first = 0
        var end = records.count
        while first < end {
            let middle = (first + end) / 2
            if records[middle].key.utf8.lexicographicallyPrecedes(bytes) {
                first = middle + 1
            } else {
                end = middle
            }
        }
        return Position(chunk: low, offset: first)
    }

    private func record(at position: Position) -> Record? {
        guard position.chunk < chunks.count,
            position.offset < chunks[position.chunk].records.count
        else { return nil }
        return chunks[position.chunk].records[position.offset]
    }

    private func position(after position: Position) -> Position {
        position.offset + 1 < chunks[position.chunk].records.count
            ? Position(chunk: position.chunk, offset: position.offset + 1)
            : Position(chunk: position.chunk + 1, offset: 0)
    }

    /// The least bytes above everything that begins with `prefix`; nil when there are none.
    private static func end(ofPrefix prefix: [UInt8]) -> [UInt8]? {
        var end = prefix
        while let last = end.last {
            if last < UInt8.max {
                end[end.count - 1] = last + 1
                return end
            }
            end.removeLast()
        }
        return nil
    }

    private mutating func split(_ chunk: Int) {
        let records = chunks[chunk].records
        let middle = records.count / 2
        chunks[chunk] = Chunk(Array(records[..<middle]))
        chunks.insert(Chunk(Array(records[middle...])), at: chunk + 1)
    }

    private mutating func noteChange(in chunk: Int, old: CatalogIndex?, new: CatalogIndex?) {
        let newest = chunks[chunk].newestIndex
        if let new, new >= newest {
            chunks[chunk].newestIndex = new
        } else if old == newest {
            chunks[chunk].newestIndex = chunks[chunk].records.lazy.map(\.modifyIndex).max() ?? 0
        }
    }
}
