internal import Foundation
internal import ServiceCatalog

/// Reads a snapshot into a catalog, block by block, and believes nothing that is not whole.
struct SnapshotReader {
    /// Gives the next bytes, at most so many; none at the end.
    typealias Source = (_ upToCount: Int) throws -> Data

    private var things = ByteReader()
    private var counts = SnapshotFile.Counts(position: 0)
    private var facts: [String: String] = [:]

    private static let headBytes = 9

    /// Fills `catalog`, which is empty.
    ///
    /// - Throws: `SnapshotDamage`, or what the file system says.
    static func read(
        _ snapshot: SnapshotFile,
        into catalog: consuming Catalog
    ) throws -> (catalog: Catalog, facts: [String: String]) {
        let file = try FileHandle(forReadingFrom: URL(filePath: snapshot.path))
        defer { try? file.close() }
        let position = snapshot.position
        return try read(into: catalog, position: position, index: position) {
            try file.read(upToCount: $0) ?? Data()
        }
    }

    /// Fills `catalog`, which is empty, from what was written as of `position`.
    ///
    /// - Throws: `SnapshotDamage`, or what `source` throws.
    static func read(
        into catalog: consuming Catalog,
        position: UInt64,
        index: CatalogIndex,
        from source: Source
    ) throws -> (catalog: Catalog, facts: [String: String]) {
        var reader = SnapshotReader()
        let restored = try reader.read(
            into: CatalogRestoration(of: catalog, index: index),
            position: position,
            from: source
        )
        return (restored, reader.facts)
    }

    private init() {}

    private mutating func read(
        into restoration: consuming CatalogRestoration,
        position: UInt64,
        from source: Source
    ) throws -> Catalog {
        let magic = try source(SnapshotFile.magic.count)
        guard magic.elementsEqual(SnapshotFile.magic) else { throw SnapshotDamage.notOurs }
        while true {
            let (kind, block) = try readBlock(from: source)
            guard kind != .end else {
                let noted = try JSONDecoder().decode(SnapshotFile.Counts.self, from: block)
                counts.position = position
                guard noted == counts else { throw SnapshotDamage.changed }
                break
            }
            do {
                try add(block, kind, to: &restoration)
            } catch {
                throw SnapshotDamage.unreadable("\(error)")
            }
        }
        guard try source(1).isEmpty else { throw SnapshotDamage.changed }
        return restoration.finish()
    }

    private func readBlock(from source: Source) throws -> (SnapshotFile.Kind, Data) {
        let head = Array(try source(Self.headBytes))
        guard head.count == Self.headBytes else { throw SnapshotDamage.cutShort }
        guard let kind = SnapshotFile.Kind(rawValue: head[0]) else { throw SnapshotDamage.changed }
        let length = Int(Self.number(in: head[1..<5]))
        var block = Data()
        // A damaged length must not ask for memory that the file has no bytes for.
        while block.count < length {
            let part = try source(min(length - block.count, 1 << 20))
            guard !part.isEmpty else { throw SnapshotDamage.cutShort }
            block.append(part)
        }
        var sum = Checksum()
        sum.add(UInt64(kind.rawValue))
        unsafe block.withUnsafeBytes { unsafe sum.add($0) }
        guard sum.value == Self.number(in: head[5..<9]) else { throw SnapshotDamage.changed }
        return (kind, block)
    }

    private static func number(in bytes: ArraySlice<UInt8>) -> UInt32 {
        bytes.reversed().reduce(0) { $0 << 8 | UInt32($1) }
    }

    private mutating func add(
        _ block: Data,
        _ kind: SnapshotFile.Kind,
        to restoration: inout CatalogRestoration
    ) throws {
        switch kind {
        case .facts: facts = try JSONDecoder().decode([String: String].self, from: block)
        case .nodes: counts.nodes += try forEach(Node.self, block) { restoration.add($0) }
        case .instances:
            counts.instances += try forEach(ServiceInstance.self, block) { restoration.add($0) }
        case .checks: counts.checks += try forEach(HealthCheck.self, block) { restoration.add($0) }
        case .entries:
            counts.entries += try forEach(KeyValueEntry.self, block) { restoration.add($0) }
        case .rest:
            let rest = try JSONDecoder().decode(CatalogContents.self, from: block)
            for session in rest.sessions { restoration.add(session) }
            for query in rest.preparedQueries { restoration.add(query) }
            for policy in rest.accessPolicies { restoration.add(policy) }
            for token in rest.accessTokens { restoration.add(token) }
            counts.rest += rest.sessions.count + rest.preparedQueries.count
            counts.rest += rest.accessPolicies.count + rest.accessTokens.count
        case .end: break
        }
    }

    private mutating func forEach<Thing: CompactCodable>(
        _ type: Thing.Type,
        _ block: Data,
        _ body: (Thing) -> Void
    ) throws -> Int {
        unsafe block.withUnsafeBytes { unsafe things.load($0) }
        var count = 0
        while !things.isAtEnd {
            body(
                try things.readSized { (reader) throws(CompactFormError) in
                    try Thing(from: &reader)
                }
            )
            count += 1
        }
        return count
    }
}

extension KeyValueEntry: CompactCodable {
    func write(to writer: inout ByteWriter) {
        writer.write(key)
        writer.write(unsigned: UInt64(value.bytes.count))
        writer.write(bytes: value.bytes)
        writer.write(session != nil)
        writer.write(session ?? "")
        for number in [flags, lockIndex, createIndex, modifyIndex] {
            writer.write(unsigned: number)
        }
    }

    init(from reader: inout ByteReader) throws(CompactFormError) {
        self.init(key: try reader.text(), value: try reader.sizedBytes())
        let isLocked = try reader.flag()
        let holder = try reader.text()
        session = isLocked ? holder : nil
        flags = try reader.unsigned()
        lockIndex = try reader.unsigned()
        createIndex = try reader.unsigned()
        modifyIndex = try reader.unsigned()
    }
}
