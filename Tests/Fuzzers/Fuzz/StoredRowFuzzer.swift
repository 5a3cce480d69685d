import Foundation
import ServiceCatalog

@testable import DurableStore

/// Rows of a damaged store, in the compact form: read or refused, and written again the same.
final class StoredRowFuzzer: Fuzzer {
    private var coder = RowCoder()

    init() {}

    func run(_ bytes: [UInt8]) {
        var row = bytes
        switch row.takeByte() % 4 {
        case 0: check(Node.self, row)
        case 1: check(ServiceInstance.self, row)
        case 2: check(HealthCheck.self, row)
        default: checkChange(row)
        }
    }

    private func check<Thing: CompactCodable & Codable & Equatable>(
        _ type: Thing.Type,
        _ row: [UInt8]
    ) {
        guard let thing = try? decode(type, row) else { return }
        let written = [UInt8](coder.compact(thing, "a", "b"))
        let read = try? decode(type, written)
        expect(read == thing, "a \(type) reads back as another one")
    }

    /// Reads a row whose key is `a` and `b`.
    private func decode<Thing: CompactCodable & Codable>(
        _ type: Thing.Type,
        _ row: [UInt8]
    ) throws -> Thing {
        try coder.decode(type, from: Data(row)) { sum in
            sum.add("a")
            sum.add("b")
        }
    }

    private func checkChange(_ row: [UInt8]) {
        var reader = ByteReader()
        reader.load(row)
        guard let change = try? CatalogChange(from: &reader) else { return }
        var writer = ByteWriter()
        do {
            try change.write(to: &writer, JSONEncoder())
        } catch {
            return
        }
        reader.load(writer.bytes)
        let read = try? CatalogChange(from: &reader)
        expect(read == change, "a change reads back as another one")
        var catalog = Catalog(datacenter: "dc1")
        _ = try? catalog.apply(change, at: 2)
    }
}
