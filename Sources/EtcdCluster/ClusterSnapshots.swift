internal import Foundation
internal import Logging
internal import Protos
internal import ServiceCatalog
internal import SwiftProtobuf

/// Keeps the log short: the leader writes the whole catalog to etcd from time to time, and removes
/// the entries that are in it.
struct ClusterSnapshots {
    let client: EtcdClient
    let keys: ClusterKeys
    let settings: ClusterSettings
    let standing: ClusterStanding
    let replica: ClusterReplica
    let coding: any CatalogCoding
    let copies: any CatalogCopies
    let logger: Logger

    private static let interval: Duration = .seconds(2)

    /// Writes snapshots and compacts, while this server leads.
    func run() async {
        var past: [(time: ContinuousClock.Instant, revision: UInt64)] = []
        while !Task.isCancelled {
            try? await Task.sleep(for: Self.interval)
            guard let leader = standing.leads(settings.member.nodeID) else {
                past = []
                continue
            }
            do {
                if isDue { try await write(as: leader) }
                try await forget(&past)
            } catch {
                logger.debug("no snapshot", metadata: ["error": "\(error)"])
            }
        }
    }

    private var isDue: Bool {
        let view = standing.now.view
        return view.log.entries >= settings.snapshotEntries
            || view.log.bytes >= max(settings.snapshotBytes, view.snapshotBytes)
    }

    private func write(as leader: ClusterView.Leader) async throws {
        let state = await replica.state
        let revision = state.view.revision
        var pieces: [[UInt8]] = []
        try coding.encode(state.catalog, facts: Self.facts(state)) { pieces.append($0) }
        for (number, piece) in pieces.enumerated() {
            var transaction = EtcdTransaction()
            transaction.require(keys.leader, createdAt: leader.since)
            transaction.put(keys.piece(number, of: revision), Data(piece))
            guard try await client.transact(transaction).succeeded else { return }
        }
        var snapshot = Rollcall_Snapshot()
        snapshot.revision = revision
        snapshot.pieces = UInt32(pieces.count)
        snapshot.bytes = UInt64(pieces.reduce(0) { $0 + $1.count })
        snapshot.format = ClusterEntry.format
        var transaction = EtcdTransaction()
        transaction.require(keys.leader, createdAt: leader.since)
        transaction.put(keys.snapshot, try snapshot.serializedBytes())
        guard try await client.transact(transaction).succeeded else { return }
        standing.change { $0.figures.snapshots += 1 }
        try await removeOld(before: revision, leader)
    }

    /// Removes the entries and the pieces that nobody needs any more.
    ///
    /// Who reads them now reads them as of a revision at which they were there.
    private func removeOld(
        before revision: UInt64,
        _ leader: ClusterView.Leader
    ) async throws {
        var transaction = EtcdTransaction()
        transaction.require(keys.leader, createdAt: leader.since)
        transaction.remove(from: keys.pieces, upTo: keys.pieces(of: revision))
        _ = try await client.transact(transaction)
        for last in try await ends(before: revision) {
            var first = last
            first.number = 0
            var transaction = EtcdTransaction()
            transaction.require(keys.leader, createdAt: leader.since)
            transaction.remove(from: keys.entry(first), upTo: keys.entry(last) + "\0")
            transaction.remove(
                from: keys.parts(first),
                upTo: ClusterKeys.end(of: keys.parts(last))
            )
            _ = try await client.transact(transaction)
        }
    }

    /// The last entry of each epoch of each writer that is in the snapshot.
    private func ends(before revision: UInt64) async throws -> [EntryName] {
        var ends: [EntryName: EntryName] = [:]
        try await client.forEachPage(
            from: keys.log,
            upTo: ClusterKeys.end(of: keys.log),
            revision: 0,
            page: Self.keysPerPage,
            keysOnly: true
        ) { pairs in
            for pair in pairs where pair.modRevision <= revision {
                guard case .entry(let name) = keys.subject(of: pair.key) else { continue }
                var epoch = name
                epoch.number = 0
                // In order of number.
                ends[epoch] = name
            }
        }
        return Array(ends.values)
    }

    private static let keysPerPage = 4_096

    private static func facts(_ state: LoadedCluster) -> [String: String] {
        var writes = state.ownerWrites
        writes.prune(now: Int64(Date().timeIntervalSince1970 * 1_000))
        return [SnapshotFact.ownerWrites: writes.text]
    }

    /// Has etcd forget what is older than it is told to keep.
    private func forget(
        _ past: inout [(time: ContinuousClock.Instant, revision: UInt64)]
    ) async throws {
        guard let history = settings.history else { return }
        let now = ContinuousClock.now
        past.append((now, standing.now.view.revision))
        // Not each time that something is old enough: etcd does more at once for less.
        guard let old = past.lastIndex(where: { now - $0.time > history }),
            now - past[0].time > history + min(history / 4, .seconds(60))
        else { return }
        let revision = past[old].revision
        past.removeFirst(old + 1)
        guard revision > 0 else { return }
        try await client.compact(to: revision)
    }

    // MARK: - On this server's disk

    /// Keeps a copy of the catalog on the disk.
    func runCopies() async {
        var written: UInt64 = 0
        while !Task.isCancelled {
            try? await Task.sleep(for: settings.copyInterval)
            await copy(unless: &written)
        }
    }

    /// Writes a copy if there is something that the last one does not have.
    func copy(unless written: inout UInt64) async {
        let state = await replica.state
        let (catalog, revision) = (state.catalog, state.view.revision)
        guard revision > 0, catalog.index != written else { return }
        var facts = Self.facts(state)
        facts[SnapshotFact.clusterID] = keys.id
        facts[SnapshotFact.clusterName] = keys.name
        do {
            try copies.write(catalog, facts: facts, revision: revision)
            written = catalog.index
            standing.change { $0.figures.copies += 1 }
        } catch {
            logger.warning(
                "no copy of the catalog could be kept on the disk",
                metadata: ["error": "\(error)"]
            )
        }
    }
}
