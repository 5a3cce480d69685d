internal import Foundation
internal import ServiceCatalog

/// Changes that are too large for one value of etcd, such as a whole catalog that is put back: they
/// are written in parts, which nobody watches, before the entry that names them.
struct EntryParts {
    let client: EtcdClient
    let keys: ClusterKeys

    private static let partsPerPage = 16

    /// Writes `bytes` for the entry `name`, while the writer's epoch stands.
    ///
    /// - Returns: how many parts there are.
    /// - Throws: `EtcdError`.
    func write(_ bytes: [UInt8], for name: EntryName) async throws(EtcdError) -> Int {
        var count = 0
        for start in stride(from: 0, to: bytes.count, by: ClusterLog.bytesMax) {
            let end = min(start + ClusterLog.bytesMax, bytes.count)
            var transaction = EtcdTransaction()
            transaction.require(keys.writer(name.writer), writtenAt: name.epoch)
            transaction.put(keys.part(count, of: name), Data(bytes[start..<end]))
            guard try await client.transact(transaction).succeeded else {
                throw EtcdError(.refused, "the writer's epoch is over")
            }
            count += 1
        }
        return count
    }

    /// Reads the parts of the entry `name`, as of `revision`, or as they are for 0.
    ///
    /// - Throws: `EtcdError`; `.compacted` when they are gone, for a snapshot has them.
    func read(_ name: EntryName, count: Int, revision: UInt64 = 0) async throws -> [UInt8] {
        let prefix = keys.parts(name)
        var bytes: [UInt8] = []
        var found = 0
        try await client.forEachPage(
            from: prefix,
            upTo: ClusterKeys.end(of: prefix),
            revision: revision,
            page: Self.partsPerPage
        ) { pairs in
            for pair in pairs { bytes += pair.value }
            found += pairs.count
        }
        guard found == count else {
            throw EtcdError(.compacted, "parts of an entry are gone, for a snapshot has them")
        }
        return bytes
    }
}
