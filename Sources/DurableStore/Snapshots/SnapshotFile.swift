internal import Foundation
internal import ServiceCatalog

/// A catalog as of one position in one file: blocks with a length and a checksum each, and a last
/// one that counts the things before it, so that a file that was cut is known from one that is whole.
struct SnapshotFile: Hashable, Sendable {
    var path: String
    /// All changes up to here are in it; part of the name.
    var position: UInt64

    static let suffix = ".snapshot"
    static let magic = Array("rollcall-catalog 1\n".utf8)

    /// What a block holds.
    enum Kind: UInt8 {
        case facts, nodes, instances, checks, entries, rest, end
    }

    /// What the last block counts.
    struct Counts: Codable, Hashable {
        var position: UInt64
        var nodes = 0
        var instances = 0
        var checks = 0
        var entries = 0
        var rest = 0
    }

    init(path: String, position: UInt64) {
        self.path = path
        self.position = position
    }

    /// The file of `name` in `folder`; nil when it has another form.
    init?(folder: String, name: String) {
        guard name.hasSuffix(Self.suffix), let number = UInt64(name.dropLast(Self.suffix.count))
        else { return nil }
        self.init(path: folder + "/" + name, position: number)
    }

    /// When it was written.
    var date: Date? {
        let attributes = try? FileManager.default.attributesOfItem(atPath: path)
        return attributes?[.modificationDate] as? Date
    }

    /// Its length in bytes.
    var size: Int {
        let attributes = try? FileManager.default.attributesOfItem(atPath: path)
        return (attributes?[.size] as? Int) ?? 0
    }
}

/// Why a snapshot cannot be used.
enum SnapshotDamage: Error, CustomStringConvertible {
    case notOurs
    case cutShort
    case changed
    case unreadable(String)

    var description: String {
        switch self {
        case .notOurs: "it is no snapshot of this program's format"
        case .cutShort: "it is cut short"
        case .changed: "a checksum in it is wrong"
        case .unreadable(let reason): reason
        }
    }
}
