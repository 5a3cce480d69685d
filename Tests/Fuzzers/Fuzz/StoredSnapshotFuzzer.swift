import Foundation
import ServiceCatalog

@testable import DurableStore

/// Damaged snapshot files of the store: each is read or refused, and none brings the program down.
///
/// The first byte says whether the rest is a file, or changes to a good one (two bytes of place, one
/// of value), and whether the checksums are made right, so that what is behind them is reached too.
final class StoredSnapshotFuzzer: Fuzzer {
    private let snapshot: SnapshotFile
    private let good: [UInt8]
    private static let position: UInt64 = 7

    init() {
        let folder = FileManager.default.temporaryDirectory.path
        let name = "\(folder)/fuzz-\(ProcessInfo.processInfo.processIdentifier)"
        snapshot = SnapshotFile(path: name, position: Self.position)
        do {
            let sample = try SampleServer(zones: [])
            var catalog = sample.keeper.snapshot()
            let wide = catalog.instances(ofService: "wide").map(\.key)
            for (offset, key) in wide.enumerated() {
                let change = CatalogChange.deregisterInstance(key, onlyIf: nil)
                _ = try catalog.apply(change, at: CatalogIndex(1_000 + offset))
            }
            try SnapshotWriter.write(catalog, facts: ["made": "here"], to: snapshot)
            good = [UInt8](try Data(contentsOf: URL(filePath: snapshot.path)))
            // What was written is read: else only refusals would be looked at.
            let read = try SnapshotReader.read(snapshot, into: Catalog(datacenter: "dc1"))
            expect(read.catalog.nodes == catalog.nodes, "other nodes than were written")
        } catch {
            fatalError("\(error)")
        }
    }

    func run(_ bytes: [UInt8]) {
        var rest = bytes
        let choice = rest.takeByte()
        var file = choice & 1 == 0 ? changed(rest) : SnapshotFile.magic + rest
        if choice & 2 != 0 { Self.mendChecksums(&file) }
        do {
            try Data(file).write(to: URL(filePath: snapshot.path))
        } catch {
            fatalError("\(error)")
        }
        do {
            let read = try SnapshotReader.read(snapshot, into: Catalog(datacenter: "dc1"))
            _ = read.catalog.contents
        } catch {
            expect(!"\(error)".isEmpty, "a refusal without a reason")
        }
    }

    private func changed(_ edits: [UInt8]) -> [UInt8] {
        var file = good
        var offset = 0
        while edits.count - offset >= 3 {
            let place = (Int(edits[offset]) << 8 | Int(edits[offset + 1])) % file.count
            file[place] = edits[offset + 2]
            offset += 3
        }
        // A byte that is left over says how much is missing at the end.
        if offset < edits.count { file.removeLast(Int(edits[offset])) }
        return file
    }

    /// A block is a kind, a length, a checksum and that many bytes.
    private static func mendChecksums(_ file: inout [UInt8]) {
        var start = SnapshotFile.magic.count
        while file.count - start >= 9 {
            let length = (1...4).reversed().reduce(0) { $0 << 8 | Int(file[start + $1]) }
            guard file.count - start - 9 >= length else { return }
            var sum = Checksum()
            sum.add(UInt64(file[start]))
            unsafe file[(start + 9)..<(start + 9 + length)].withUnsafeBytes { unsafe sum.add($0) }
            for byte in 0..<4 {
                file[start + 5 + byte] = UInt8(sum.value >> (8 * UInt32(byte)) & 0xFF)
            }
            start += 9 + length
        }
    }
}
