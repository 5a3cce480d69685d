internal import Foundation
internal import ServiceCatalog

/// Writes a catalog into a snapshot, piece by piece.
struct SnapshotWriter {
    /// Where the pieces go.
    typealias Sink = ([UInt8]) throws -> Void

    private var block = ByteWriter()
    private var things = 0
    private var counts: SnapshotFile.Counts

    /// Bytes that gather to a block.
    private static let blockBytesMax = 1 << 18

    /// Writes `catalog` and `facts` as of `position` to a file that is put in its place once all of
    /// it has reached the disk.
    ///
    /// - Throws: what the file system or an encoder says; there is no file then.
    static func write(
        _ catalog: Catalog,
        facts: [String: String],
        to snapshot: SnapshotFile
    ) throws {
        let unfinished = snapshot.path + ".unfinished"
        guard
            FileManager.default.createFile(
                atPath: unfinished,
                contents: nil,
                attributes: [.posixPermissions: 0o640]
            )
        else { throw CocoaError(.fileWriteUnknown) }
        do {
            let file = try FileHandle(forWritingTo: URL(filePath: unfinished))
            defer { try? file.close() }
            try write(catalog, facts: facts, position: snapshot.position) {
                try file.write(contentsOf: $0)
            }
            try file.synchronize()
            try FolderSync.rename(unfinished, to: snapshot.path)
        } catch {
            try? FileManager.default.removeItem(atPath: unfinished)
            throw error
        }
    }

    /// Writes `catalog` and `facts` as of `position` to `sink`.
    ///
    /// - Throws: what `sink` or an encoder throws.
    static func write(
        _ catalog: Catalog,
        facts: [String: String],
        position: UInt64,
        to sink: Sink
    ) throws {
        var writer = SnapshotWriter(counts: SnapshotFile.Counts(position: position))
        try writer.write(catalog, facts, to: sink)
    }

    private init(counts: SnapshotFile.Counts) { self.counts = counts }

    private mutating func write(
        _ catalog: Catalog,
        _ facts: [String: String],
        to sink: Sink
    ) throws {
        try sink(SnapshotFile.magic)
        try writeJSON(facts, as: .facts, to: sink)
        let nodes = catalog.nodes
        for node in nodes { try add(node, as: .nodes, to: sink) }
        counts.nodes = try finishBlock(.nodes, to: sink)
        for node in nodes {
            for instance in catalog.instances(onNode: node.name) {
                try add(instance, as: .instances, to: sink)
            }
        }
        counts.instances = try finishBlock(.instances, to: sink)
        for node in nodes {
            for check in catalog.checks(onNode: node.name) { try add(check, as: .checks, to: sink) }
        }
        counts.checks = try finishBlock(.checks, to: sink)
        for entry in catalog.entries { try add(entry, as: .entries, to: sink) }
        counts.entries = try finishBlock(.entries, to: sink)
        var rest = CatalogContents()
        rest.sessions = catalog.sessions
        rest.preparedQueries = catalog.preparedQueries
        rest.accessPolicies = catalog.accessPolicies
        rest.accessTokens = catalog.accessTokens
        try writeJSON(rest, as: .rest, to: sink)
        counts.rest = rest.sessions.count + rest.preparedQueries.count
        counts.rest += rest.accessPolicies.count + rest.accessTokens.count
        try writeJSON(counts, as: .end, to: sink)
    }

    private mutating func add(
        _ thing: some CompactCodable,
        as kind: SnapshotFile.Kind,
        to sink: Sink
    ) throws {
        block.writeSized { thing.write(to: &$0) }
        things += 1
        if block.bytes.count >= Self.blockBytesMax { try writeBlock(kind, to: sink) }
    }

    /// Writes what is left of a kind; returns how many things there were in all.
    private mutating func finishBlock(
        _ kind: SnapshotFile.Kind,
        to sink: Sink
    ) throws -> Int {
        if !block.bytes.isEmpty { try writeBlock(kind, to: sink) }
        defer { things = 0 }
        return things
    }

    private mutating func writeJSON(
        _ value: some Encodable,
        as kind: SnapshotFile.Kind,
        to sink: Sink
    ) throws {
        block.write(bytes: Array(try JSONEncoder().encode(value)))
        try writeBlock(kind, to: sink)
    }

    private mutating func writeBlock(_ kind: SnapshotFile.Kind, to sink: Sink) throws {
        var sum = Checksum()
        sum.add(UInt64(kind.rawValue))
        unsafe block.withBytes { unsafe sum.add($0) }
        var head = ByteWriter()
        head.write(kind.rawValue)
        for _ in 0..<8 { head.write(0 as UInt8) }
        head.overwrite(with: UInt32(block.bytes.count), at: 1)
        head.overwrite(with: sum.value, at: 5)
        try sink(head.bytes)
        try sink(block.bytes)
        block.removeAll()
    }
}
