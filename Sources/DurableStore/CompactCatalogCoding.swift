internal import Foundation
package import ServiceCatalog

/// The compact form, for a cluster's store: changes as the journal has them, catalogs as snapshots
/// do.
package struct CompactCatalogCoding: CatalogCoding {
    package init() {}

    package func encode(
        _ changes: some Collection<CatalogChange>,
        bytesMax: Int
    ) throws -> (bytes: [UInt8], count: Int) {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .withoutEscapingSlashes
        var parts: [[UInt8]] = []
        var bytes = 0
        for change in changes {
            var part = ByteWriter()
            try change.write(to: &part, encoder)
            // A part's length takes a few bytes more.
            bytes += part.bytes.count + 8
            guard parts.isEmpty || bytes <= bytesMax else { break }
            parts.append(part.bytes)
        }
        var writer = ByteWriter()
        ChangeGroup.begin(&writer, count: parts.count)
        for part in parts { writer.writeSized { $0.write(bytes: part) } }
        ChangeGroup.seal(&writer, at: 0)
        return (writer.bytes, parts.count)
    }

    package func changes(in bytes: [UInt8]) throws -> [CatalogChange] {
        var changes: [CatalogChange] = []
        var reader = ByteReader()
        unsafe try bytes.withUnsafeBytes { bytes in
            unsafe try ChangeGroup.forEach(in: bytes, at: 0, &reader, JSONDecoder()) {
                changes.append($0)
            }
        }
        return changes
    }

    package func encode(
        _ catalog: Catalog,
        facts: [String: String],
        piece: ([UInt8]) throws -> Void
    ) throws {
        var gathered: [UInt8] = []
        try SnapshotWriter.write(catalog, facts: facts, position: 0) { bytes in
            gathered += bytes
            while gathered.count >= Self.pieceBytes {
                try piece(Array(gathered.prefix(Self.pieceBytes)))
                gathered.removeFirst(Self.pieceBytes)
            }
        }
        if !gathered.isEmpty { try piece(gathered) }
    }

    private static let pieceBytes = 1 << 18

    package func catalog(
        in pieces: [[UInt8]],
        into empty: consuming Catalog,
        index: CatalogIndex
    ) throws -> (catalog: Catalog, facts: [String: String]) {
        var bytes = PieceReader(pieces: pieces)
        return try SnapshotReader.read(into: empty, position: 0, index: index) { count in
            bytes.read(upToCount: count)
        }
    }
}

/// Reads pieces as if they were one.
private struct PieceReader {
    private var pieces: ArraySlice<[UInt8]>
    private var position = 0

    init(pieces: [[UInt8]]) { self.pieces = pieces[...] }

    /// Empty at the end.
    mutating func read(upToCount count: Int) -> Data {
        var data = Data()
        data.reserveCapacity(count)
        while data.count < count, let first = pieces.first {
            let end = min(position + count - data.count, first.count)
            data.append(contentsOf: first[position..<end])
            position = end
            guard end == first.count else { break }
            pieces.removeFirst()
            position = 0
        }
        return data
    }
}

/// Copies of the catalog in files, the newest two of them.
package struct CatalogCopyFolder: CatalogCopies {
    private let folder: SnapshotFolder

    /// - Parameter path: made with the first copy.
    package init(path: String) { folder = SnapshotFolder(path: path) }

    package func write(
        _ catalog: Catalog,
        facts: [String: String],
        revision: UInt64
    ) throws {
        try folder.write(catalog, facts: facts, position: revision)
    }

    package func newest(
        _ empty: Catalog
    ) -> (catalog: Catalog, facts: [String: String], revision: UInt64)? {
        folder.newestGood(empty).found.map { ($0.catalog, $0.facts, $0.file.position) }
    }
}
