internal import Foundation
package import ServiceCatalog
internal import Synchronization

/// Changes one after another in a file, each on the disk before it counts.
///
/// A record is its time and its length, eight and four bytes with the lowest first, and the change
/// with its checksum; one that a crash has cut off is not there.
package final class OfflineFile: Sendable {
    private let path: String
    private let coding = CompactCatalogCoding()
    /// Where the last whole record ends; nil as long as nobody has looked.
    private let end: Mutex<Int?> = Mutex(nil)

    /// - Parameter path: in a folder that exists; made with the first change.
    package init(path: String) { self.path = path }

    private static let headBytes = 12

    /// Puts a change behind those that are there, on the disk.
    ///
    /// - Throws: what the file system says; it is not kept then.
    package func append(_ change: CatalogChange, milliseconds: Int64) throws {
        let (bytes, _) = try coding.encode(CollectionOfOne(change), bytesMax: .max)
        var record = ByteWriter()
        for _ in 0..<Self.headBytes { record.write(0 as UInt8) }
        let time = UInt64(bitPattern: milliseconds)
        record.overwrite(with: UInt32(truncatingIfNeeded: time), at: 0)
        record.overwrite(with: UInt32(truncatingIfNeeded: time >> 32), at: 4)
        record.overwrite(with: UInt32(bytes.count), at: 8)
        record.write(bytes: bytes)
        try end.withLock { end in
            if !FileManager.default.fileExists(atPath: path) {
                guard
                    FileManager.default.createFile(
                        atPath: path,
                        contents: nil,
                        attributes: [.posixPermissions: 0o640]
                    )
                else { throw CocoaError(.fileWriteUnknown) }
            }
            let file = try FileHandle(forUpdating: URL(filePath: path))
            defer { try? file.close() }
            // What a crash, or a full disk, has left half is written over.
            let start = try end ?? wholeBytes(try contents())
            try file.truncate(atOffset: UInt64(start))
            try file.seekToEnd()
            try file.write(contentsOf: record.bytes)
            try file.synchronize()
            end = start + record.bytes.count
        }
    }

    /// All that is kept, in order.
    ///
    /// - Throws: what the file system says.
    package func all() throws -> [(change: CatalogChange, milliseconds: Int64)] {
        var found: [(change: CatalogChange, milliseconds: Int64)] = []
        _ = wholeBytes(try contents()) { found.append(($0, $1)) }
        return found
    }

    /// Forgets all.
    ///
    /// - Throws: what the file system says.
    package func clear() throws {
        try end.withLock { end in
            end = nil
            guard FileManager.default.fileExists(atPath: path) else { return }
            try FileManager.default.removeItem(atPath: path)
        }
    }

    private func contents() throws -> [UInt8] {
        guard FileManager.default.fileExists(atPath: path) else { return [] }
        return Array(try Data(contentsOf: URL(filePath: path)))
    }

    /// Where the last whole record ends.
    private func wholeBytes(
        _ bytes: [UInt8],
        _ body: (CatalogChange, Int64) -> Void = { _, _ in }
    ) -> Int {
        var start = 0
        while start + Self.headBytes <= bytes.count {
            func number(_ part: Range<Int>) -> UInt64 {
                bytes[start..<start + part.upperBound][(start + part.lowerBound)...]
                    .reversed().reduce(0) { $0 << 8 | UInt64($1) }
            }
            let end = start + Self.headBytes + Int(number(8..<12))
            guard end <= bytes.count,
                let change = try? coding.changes(
                    in: Array(bytes[(start + Self.headBytes)..<end])
                ).first
            else { break }
            body(change, Int64(bitPattern: number(0..<8)))
            start = end
        }
        return start
    }
}
