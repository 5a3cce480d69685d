import Foundation
import ServiceCatalog

@testable import DurableStore

extension CatalogStore {
    /// Commits `changes` as one group.
    func append(_ changes: [CatalogChange], at position: UInt64) throws {
        var writer = ByteWriter()
        ChangeGroup.begin(&writer, count: changes.count)
        for change in changes { try ChangeGroup.add(change, to: &writer, JSONEncoder()) }
        ChangeGroup.seal(&writer, at: position)
        try append(writer.bytes, at: position)
    }
}

extension FoldedRows {
    /// Takes over what one change did.
    mutating func add(_ delta: CatalogDelta) {
        for event in delta.events { add(event) }
        cover(changes: 1, bytes: 1, upTo: delta.index)
    }
}
