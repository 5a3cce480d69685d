internal import Foundation
internal import Logging
internal import ServiceCatalog

/// Writes the entries of the log to etcd, one after another.
struct ClusterWriter {
    let log: ClusterLog
    let client: EtcdClient
    let replica: ClusterReplica
    let keys: ClusterKeys
    let nodeID: String
    let coding: any CatalogCoding
    let limits: CatalogLimits
    let logger: Logger

    /// The revision at which this writer began to count; 0 before it did.
    private var epoch: UInt64 = 0
    private var number: UInt64 = 0

    /// For so long a change is tried again; who waits for it has an answer soon after.
    private static let patience: Duration = .seconds(5)
    private static let pause: Duration = .milliseconds(100)

    init(
        log: ClusterLog,
        client: EtcdClient,
        replica: ClusterReplica,
        keys: ClusterKeys,
        nodeID: String,
        coding: any CatalogCoding,
        limits: CatalogLimits,
        logger: Logger
    ) {
        self.log = log
        self.client = client
        self.replica = replica
        self.keys = keys
        self.nodeID = nodeID
        self.coding = coding
        self.limits = limits
        self.logger = logger
    }

    /// Writes what the log gathers until the task is cancelled.
    mutating func run() async {
        for await _ in log.news {
            while !Task.isCancelled, let entry = log.nextEntry(coding) {
                await write(entry.changes, entry.bytes)
            }
        }
    }

    private mutating func write(_ changes: [ClusterLog.Waiting], _ bytes: [UInt8]) async {
        var changes = changes
        var reason = "etcd did not take the change in time"
        while !Task.isCancelled {
            guard await hasEpoch(for: changes, &reason) else { break }
            number += 1
            let name = EntryName(writer: nodeID, epoch: epoch, number: number)
            guard log.begin(name, changes) else {
                number -= 1
                return
            }
            do {
                if let revision = try await send(name, changes, bytes) {
                    await settle(name, madeAt: revision)
                    return
                }
                reason = "another server leads by now"
            } catch {
                reason = (error as? EtcdError)?.reason ?? "\(error)"
            }
            // Another epoch tells what became of it.
            epoch = 0
            guard await hasEpoch(for: changes, &reason),
                await replica.reached(epoch, within: Self.patience)
            else {
                let open = log.takeBack(name) ?? []
                log.settle(open, .failure(.unavailable(reason: reason + Self.unknown)))
                return
            }
            // Nil: it has come, or the server was cut off.
            guard let open = log.takeBack(name) else { return }
            changes = open
            if !isPatient(changes) || changes.contains(where: \.needsLeader) { break }
            logger.debug("an entry is written again", metadata: ["reason": "\(reason)"])
        }
        log.settle(changes, .failure(.unavailable(reason: "\(reason); nothing changed")))
    }

    /// Sees to it that an entry that etcd has is settled.
    ///
    /// Its results come with it. Where all of the cluster was read meanwhile, and a snapshot had it
    /// already, nobody knows them.
    private func settle(_ name: EntryName, madeAt revision: UInt64) async {
        while !Task.isCancelled, log.isUnderWay(name),
            await !replica.reached(revision, within: .seconds(1))
        {}
        guard let open = log.takeBack(name) else { return }
        log.settle(open, .failure(.unavailable(reason: "the view was read anew" + Self.unknown)))
    }

    private static let unknown = "; the change may have been made"

    /// Begins an epoch unless one stands; false when etcd does not let it for too long.
    private mutating func hasEpoch(
        for changes: [ClusterLog.Waiting],
        _ reason: inout String
    ) async -> Bool {
        while epoch == 0 {
            do throws(EtcdError) {
                try await beginEpoch()
            } catch {
                reason = error.reason
                guard isPatient(changes), !Task.isCancelled else { return false }
                try? await Task.sleep(for: Self.pause)
            }
        }
        return true
    }

    private func isPatient(_ changes: [ClusterLog.Waiting]) -> Bool {
        changes.first.map { ContinuousClock.now - $0.arrival < Self.patience } ?? false
    }

    /// - Returns: the revision at which etcd has it; nil when a condition did not hold.
    private func send(
        _ name: EntryName,
        _ changes: [ClusterLog.Waiting],
        _ bytes: [UInt8]
    ) async throws -> UInt64? {
        var transaction = EtcdTransaction()
        transaction.require(keys.writer(nodeID), writtenAt: epoch)
        if changes[0].needsLeader {
            guard let leader = await replica.view.leader, leader.nodeID == nodeID else {
                return nil
            }
            transaction.require(keys.leader, createdAt: leader.since)
        }
        let isLarge = bytes.count > ClusterLog.bytesMax
        let parts = EntryParts(client: client, keys: keys)
        transaction.put(
            keys.entry(name),
            try ClusterEntry.value(
                isLarge ? [] : bytes,
                parts: isLarge ? try await parts.write(bytes, for: name) : 0,
                milliseconds: Int64(Date().timeIntervalSince1970 * 1_000),
                limits: limits,
                offlineMilliseconds: changes.compactMap(\.offlineMilliseconds)
            )
        )
        transaction.put(keys.head, Data())
        let started = ContinuousClock.now
        let outcome = try await client.transact(transaction)
        log.noteCommit(took: .now - started)
        return outcome.succeeded ? outcome.revision : nil
    }

    private mutating func beginEpoch() async throws(EtcdError) {
        var transaction = EtcdTransaction()
        transaction.put(keys.writer(nodeID), Data())
        let outcome = try await client.transact(transaction)
        epoch = outcome.revision
        number = 0
    }
}
