internal import Foundation
internal import Protos
internal import ServiceCatalog

/// All of a cluster as of one revision.
struct LoadedCluster: Sendable {
    var view = ClusterView()
    var catalog: Catalog
    var ownerWrites = OwnerWrites()
    /// The last entry of each writer.
    var last: [String: EntryName] = [:]
    /// What came of the entries of this server that no snapshot has.
    var results: [EntryName: [Result<CatalogWrite, CatalogLogError>]] = [:]
}

/// Reads all of a cluster as of one revision: the snapshot, and the log behind it.
struct ClusterLoader {
    let client: EtcdClient
    let keys: ClusterKeys
    let coding: any CatalogCoding
    /// Without contents.
    let empty: Catalog
    /// Of this server.
    let nodeID: String

    private static let piecesPerPage = 32
    private static let entriesPerPage = 64
    private static let pairsPerPage = 512

    /// - Throws: `EtcdError`, or what is wrong with what is stored.
    func load() async throws -> LoadedCluster {
        var loaded = LoadedCluster(catalog: empty)
        let (found, _, revision) = try await client.range(keys.snapshot)
        try await readSnapshot(found.first, at: revision, &loaded)
        try await replay(at: revision, &loaded)
        // All but the log, which stands among them.
        for (first, end) in [
            (keys.live, keys.log), (ClusterKeys.end(of: keys.log), ClusterKeys.end(of: keys.live)),
        ] {
            try await client.forEachPage(
                from: first,
                upTo: end,
                revision: revision,
                page: Self.pairsPerPage
            ) { pairs in
                for pair in pairs {
                    guard let subject = keys.subject(of: pair.key), subject != .snapshot else {
                        continue
                    }
                    loaded.view.note(subject, pair, isRemoval: false)
                }
            }
        }
        loaded.view.revision = revision
        return loaded
    }

    private func readSnapshot(
        _ pair: EtcdPair?,
        at revision: UInt64,
        _ loaded: inout LoadedCluster
    ) async throws {
        guard let pair else { return }
        loaded.view.note(.snapshot, pair, isRemoval: false)
        let index = loaded.view.snapshotRevision
        let prefix = keys.pieces(of: index)
        var pieces: [[UInt8]] = []
        try await client.forEachPage(
            from: prefix,
            upTo: ClusterKeys.end(of: prefix),
            revision: revision,
            page: Self.piecesPerPage
        ) { pieces += $0.map { Array($0.value) } }
        let (catalog, facts) = try coding.catalog(in: pieces, into: empty, index: index)
        loaded.catalog = catalog
        loaded.ownerWrites = OwnerWrites(text: facts[SnapshotFact.ownerWrites])
    }

    private func replay(at revision: UInt64, _ loaded: inout LoadedCluster) async throws {
        let index = loaded.view.snapshotRevision
        var entries: [EtcdPair] = []
        try await client.forEachPage(
            from: keys.log,
            upTo: ClusterKeys.end(of: keys.log),
            revision: revision,
            page: Self.entriesPerPage
        ) { pairs in
            entries += pairs.filter { $0.modRevision > index }
        }
        entries.sort { $0.modRevision < $1.modRevision }
        for pair in entries {
            guard case .entry(let name) = keys.subject(of: pair.key) else { continue }
            let entry = try await ClusterEntry(pair.value, coding) { count in
                try await EntryParts(client: client, keys: keys)
                    .read(name, count: count, revision: revision)
            }
            let (changes, isWanted) = entry.admitted(by: &loaded.ownerWrites)
            loaded.catalog.limits = entry.limits
            let made = loaded.catalog.apply(changes) { _ in pair.modRevision }.0
            if name.writer == nodeID { loaded.results[name] = ClusterEntry.results(made, isWanted) }
            loaded.last[name.writer] = name
            loaded.view.log.add(bytes: pair.value.count + entry.partBytes)
        }
    }
}

/// Names of the texts that a snapshot has beside the catalog.
enum SnapshotFact {
    static let ownerWrites = "owner-writes"
    static let clusterID = "cluster-id"
    static let clusterName = "cluster-name"
}
