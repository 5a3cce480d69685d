internal import Foundation
internal import Protos
internal import ServiceCatalog

/// Reads all of a cluster as of one revision: the snapshot, and the log behind it.
struct ClusterLoader {
    let client: EtcdClient
    let keys: ClusterKeys
    let coding: any CatalogCoding
    /// Without contents.
    let empty: Catalog

    private static let piecesPerPage = 32
    private static let entriesPerPage = 64
    private static let pairsPerPage = 512

    /// - Throws: `EtcdError`, or what is wrong with what is stored.
    func load() async throws -> (view: ClusterView, catalog: Catalog) {
        var view = ClusterView()
        let (found, _, revision) = try await client.range(keys.snapshot)
        let (catalog, index) = try await snapshot(found.first, at: revision, &view)
        let loaded = try await replay(onto: catalog, behind: index, at: revision, &view)
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
                    view.note(subject, pair, isRemoval: false)
                }
            }
        }
        view.revision = revision
        return (view, loaded)
    }

    private func snapshot(
        _ pair: EtcdPair?,
        at revision: UInt64,
        _ view: inout ClusterView
    ) async throws -> (Catalog, CatalogIndex) {
        guard let pair else { return (empty, 0) }
        view.note(.snapshot, pair, isRemoval: false)
        let index = view.snapshotRevision
        let prefix = keys.pieces(of: index)
        var pieces: [[UInt8]] = []
        try await client.forEachPage(
            from: prefix,
            upTo: ClusterKeys.end(of: prefix),
            revision: revision,
            page: Self.piecesPerPage
        ) { pieces += $0.map { Array($0.value) } }
        let (catalog, facts) = try coding.catalog(in: pieces, into: empty, index: index)
        view.ownerWrites = OwnerWrites(text: facts[SnapshotFact.ownerWrites])
        return (catalog, index)
    }

    private func replay(
        onto start: Catalog,
        behind index: CatalogIndex,
        at revision: UInt64,
        _ view: inout ClusterView
    ) async throws -> Catalog {
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
        var catalog = start
        for pair in entries {
            let entry = try ClusterEntry(pair.value, coding)
            let (changes, _) = entry.admitted(by: &view.ownerWrites)
            catalog.limits = entry.limits
            _ = catalog.apply(changes) { _ in pair.modRevision }
            view.log.add(bytes: pair.value.count)
        }
        return catalog
    }
}

/// Names of the texts that a snapshot has beside the catalog.
enum SnapshotFact {
    static let ownerWrites = "owner-writes"
    static let clusterID = "cluster-id"
    static let clusterName = "cluster-name"
}
