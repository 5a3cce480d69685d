import Foundation
import ServiceCatalog

/// Changes and catalogs as JSON: enough for tests of what is around them.
struct JSONCoding: CatalogCoding {
    func encode(
        _ changes: some Collection<CatalogChange>,
        bytesMax: Int
    ) throws -> (bytes: [UInt8], count: Int) {
        (Array(try JSONEncoder().encode(Array(changes))), changes.count)
    }

    func changes(in bytes: [UInt8]) throws -> [CatalogChange] {
        try JSONDecoder().decode([CatalogChange].self, from: Data(bytes))
    }

    func encode(
        _ catalog: Catalog,
        facts: [String: String],
        piece: ([UInt8]) throws -> Void
    ) throws {
        try piece(Array(try JSONEncoder().encode(catalog.contents)))
        try piece(Array(try JSONEncoder().encode(facts)))
    }

    func catalog(
        in pieces: [[UInt8]],
        into empty: consuming Catalog,
        index: CatalogIndex
    ) throws -> (catalog: Catalog, facts: [String: String]) {
        var catalog = empty
        let contents = try JSONDecoder().decode(CatalogContents.self, from: Data(pieces[0]))
        catalog.restore(contents, index: index)
        return (catalog, try JSONDecoder().decode([String: String].self, from: Data(pieces[1])))
    }
}
