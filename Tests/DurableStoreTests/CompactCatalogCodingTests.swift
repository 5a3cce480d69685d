import Foundation
import ServiceCatalog
import Testing

@testable import DurableStore

@Suite("Bytes for a cluster's store")
struct CompactCatalogCodingTests {
    private let coding = CompactCatalogCoding()

    @Test("changes are read as they were written", arguments: 1...8 as ClosedRange<UInt64>)
    func changes(seed: UInt64) throws {
        var random = RandomThings(seed: seed)
        let changes = (0..<50).map { _ in random.change() }
        let (bytes, count) = try coding.encode(changes, bytesMax: .max)
        #expect(count == 50)
        #expect(try coding.changes(in: bytes) == changes)
        var damaged = bytes
        damaged[bytes.count / 2] ^= 1
        #expect(throws: (any Error).self) { try coding.changes(in: damaged) }
    }

    @Test("what does not fit stays out, but for the first")
    func bounds() throws {
        let write = KeyValueWrite(key: "k", value: Array(repeating: 1, count: 1_000))
        let changes = Array(repeating: CatalogChange.keyValue(.set(write)), count: 10)
        let (bytes, count) = try coding.encode(changes, bytesMax: 3_500)
        #expect(count == 3 && bytes.count <= 3_500)
        #expect(try coding.encode(changes, bytesMax: 10).count == 1)
    }

    @Test(
        "a catalog comes back from pieces, none of which is large",
        arguments: 1...4 as ClosedRange<UInt64>
    )
    func catalogs(seed: UInt64) throws {
        var random = RandomThings(seed: seed)
        var catalog = Catalog(datacenter: "dc1")
        for number in 1...400 { _ = try? catalog.apply(random.change(), at: UInt64(number)) }
        for number in 401...600 {
            let value = Array(repeating: UInt8(number % 251), count: 5_000)
            let write = KeyValueWrite(key: "key-\(number)", value: value)
            _ = try catalog.apply(.keyValue(.set(write)), at: UInt64(number))
        }
        let facts = ["long": String(repeating: "x", count: 1 << 20)]
        var pieces: [[UInt8]] = []
        try coding.encode(catalog, facts: facts) { pieces.append($0) }
        #expect(pieces.count > 4 && pieces.allSatisfy { $0.count <= 1 << 18 })
        let read = try coding.catalog(in: pieces, into: Catalog(datacenter: "dc1"), index: 600)
        #expect(read.catalog.contents == catalog.contents)
        #expect(read.facts == facts && read.catalog.index == 600)
        #expect(throws: (any Error).self) {
            try coding.catalog(
                in: Array(pieces.dropLast()),
                into: Catalog(datacenter: "dc1"),
                index: 600
            )
        }
    }

    @Test("what was taken offline is there again, in order, until it is forgotten")
    func offline() throws {
        let folder = CatalogStoreTests.Folder()
        try FileManager.default.createDirectory(
            atPath: folder.path,
            withIntermediateDirectories: true
        )
        let path = folder.path + "/offline"
        let keys = (0..<3).map { InstanceKey(node: "n", id: "\($0)") }
        let file = OfflineFile(path: path)
        #expect(try file.all().isEmpty)
        for (time, key) in keys.enumerated() {
            try file.append(.drain(key), milliseconds: Int64(time) - 1)
        }
        let again = OfflineFile(path: path)
        #expect(try again.all().map(\.milliseconds) == [-1, 0, 1])
        #expect(try again.all().map(\.change) == keys.map { .drain($0) })
        // A crash in the middle of a write.
        let bytes = try Data(contentsOf: URL(filePath: path))
        try bytes.dropLast(3).write(to: URL(filePath: path))
        let cut = OfflineFile(path: path)
        #expect(try cut.all().count == 2)
        try cut.append(.drain(keys[0]), milliseconds: 9)
        #expect(try cut.all().map(\.milliseconds) == [-1, 0, 9])
        try cut.clear()
        #expect(try cut.all().isEmpty)
        try cut.append(.drain(keys[1]), milliseconds: 4)
        #expect(try cut.all().count == 1)
    }
}
