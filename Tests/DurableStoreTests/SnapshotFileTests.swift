import Foundation
import ServiceCatalog
import Testing

@testable import DurableStore

@Suite("Snapshot files")
struct SnapshotFileTests {
    private let folder = CatalogStoreTests.Folder()

    private func catalog(_ seed: UInt64) -> Catalog {
        var random = RandomThings(seed: seed)
        var catalog = Catalog(datacenter: "dc1")
        var index: UInt64 = 0
        for number in 0..<40 {
            index += 1
            let node = Node(name: "n\(number)", address: "10.0.0.\(number)", datacenter: "dc1")
            var instance = random.instance()
            instance.node = node.name
            _ = try? catalog.apply(
                .register(Registration(node: node, instance: instance)),
                at: index
            )
            index += 1
            let write = KeyValueWrite(key: "k/\(number)", value: Array(repeating: 7, count: number))
            _ = try? catalog.apply(.keyValue(.set(write)), at: index)
        }
        for _ in 0..<200 {
            index += 1
            _ = try? catalog.apply(random.change(), at: index)
        }
        return catalog
    }

    private func read(_ file: SnapshotFile) throws -> (catalog: Catalog, facts: [String: String]) {
        try SnapshotReader.read(file, into: Catalog(datacenter: "dc1"))
    }

    @Test("what is read is what was written", arguments: 1...6 as ClosedRange<UInt64>)
    func roundTrip(seed: UInt64) throws {
        let catalog = catalog(seed)
        let snapshots = SnapshotFolder(dataFolder: folder.path)
        let file = try snapshots.write(catalog, facts: ["node-id": "x"], position: 500)
        let copy = try read(file)
        #expect(copy.catalog.contents == catalog.contents)
        #expect(copy.catalog.index == 500)
        #expect(copy.facts == ["node-id": "x"])
        #expect(catalog.contents.instances.count > 10)
    }

    @Test("a file that is cut or changed anywhere is refused")
    func damage() throws {
        let snapshots = SnapshotFolder(dataFolder: folder.path)
        let file = try snapshots.write(catalog(3), facts: [:], position: 7)
        let good = try Data(contentsOf: URL(filePath: file.path))
        var random = RandomThings(seed: 1)
        for _ in 0..<200 {
            var bad = good
            switch random.below(3) {
            case 0: bad = good.prefix(random.below(good.count))
            case 1: bad[random.below(good.count)] ^= 1 << UInt8(random.below(8))
            default: bad.append(0)
            }
            try bad.write(to: URL(filePath: file.path))
            #expect(throws: (any Error).self) { try read(file) }
        }
    }

    @Test("the newest two are kept, and a damaged one is passed over")
    func folderOfSnapshots() throws {
        let snapshots = SnapshotFolder(dataFolder: folder.path)
        for position in 1...4 as ClosedRange<UInt64> {
            try snapshots.write(catalog(position), facts: [:], position: position * 100)
        }
        #expect(snapshots.files.map(\.position) == [400, 300])
        try Data("x".utf8).write(to: URL(filePath: snapshots.files[0].path))
        let (found, damaged) = snapshots.newestGood(Catalog(datacenter: "dc1"))
        #expect(found?.file.position == 300)
        #expect(found?.catalog.contents == catalog(3).contents)
        #expect(damaged.count == 1)
    }
}
