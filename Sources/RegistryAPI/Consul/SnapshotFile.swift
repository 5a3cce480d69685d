internal import FoundationEssentials
package import ServiceCatalog

/// A catalog as one file: a line that names the format, a line with index, length and checksum, then
/// the contents as JSON.
package enum SnapshotFile {
    /// Why a file is refused.
    package enum Damage: Error, CustomStringConvertible {
        case notOurs
        case cutShort
        case changed
        case unreadable(String)

        package var description: String {
            switch self {
            case .notOurs: "the file is no snapshot of Rollcall's format 1"
            case .cutShort: "the snapshot is cut short, or something follows it"
            case .changed: "the snapshot was damaged: its checksum is wrong"
            case .unreadable(let reason): "the snapshot cannot be read: \(reason)"
            }
        }
    }

    private static let firstLine = "rollcall-snapshot 1\n"

    package static func write(_ contents: CatalogContents, index: CatalogIndex) throws -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        let body = [UInt8](try encoder.encode(contents))
        let head = "\(index) \(body.count) \(String(checksum(body), radix: 16))\n"
        return Array(firstLine.utf8) + Array(head.utf8) + body
    }

    /// True when `file` begins as one does.
    package static func isOne(_ file: [UInt8]) -> Bool { file.starts(with: firstLine.utf8) }

    /// - Throws: `Damage`; nothing of such a file is used.
    package static func read(_ file: [UInt8]) throws(Damage) -> CatalogContents {
        try readAll(file).contents
    }

    /// The contents and the index that they were saved at.
    ///
    /// - Throws: `Damage`; nothing of such a file is used.
    package static func readAll(
        _ file: [UInt8]
    ) throws(Damage) -> (contents: CatalogContents, index: CatalogIndex) {
        guard file.starts(with: firstLine.utf8) else { throw .notOurs }
        let rest = file.dropFirst(firstLine.utf8.count)
        guard let end = rest.prefix(128).firstIndex(of: 0x0A) else { throw .cutShort }
        let head = String(decoding: rest[..<end], as: UTF8.self).split(separator: " ")
        guard head.count == 3, let index = UInt64(head[0]), let count = Int(head[1]),
            let sum = UInt64(head[2], radix: 16)
        else { throw .notOurs }
        let body = rest[(end + 1)...]
        guard body.count == count else { throw .cutShort }
        guard checksum(body) == sum else { throw .changed }
        do {
            return (try JSONDecoder().decode(CatalogContents.self, from: Data(body)), index)
        } catch {
            throw .unreadable("\(error)")
        }
    }

    /// CRC-64 with the polynomial of ECMA-182, bits reversed.
    static func checksum(_ bytes: some Sequence<UInt8>) -> UInt64 {
        var sum = UInt64.max
        for byte in bytes {
            sum = table[Int(UInt8(truncatingIfNeeded: sum) ^ byte)] ^ (sum >> 8)
        }
        return ~sum
    }

    private static let table: [UInt64] = (0..<256).map { byte in
        var sum = UInt64(byte)
        for _ in 0..<8 { sum = sum & 1 == 1 ? (sum >> 1) ^ 0xC96C_5795_D787_0F42 : sum >> 1 }
        return sum
    }
}
