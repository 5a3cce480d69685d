internal import Foundation
package import Logging
internal import Protos
package import ServiceCatalog
internal import Synchronization

/// What of a cluster concerns health: the prober's side.
package protocol ClusterHealth: Sendable {
    /// The servers that share the checks, by node id, or nil: this one does all of them, for it is
    /// cut off.
    func shareChecks(among nodeIDs: [String]?, leads: Bool)
    /// True when this server looks after the check, where those share them.
    func isResponsible(for check: CheckKey, among nodeIDs: [String]) -> Bool
    /// Another server heard these heartbeats.
    func heard(_ beats: [UInt64])
    /// Looks at checks now and says which targets live; nil for those about which it has no opinion.
    func opinions(on checks: [CheckKey]) async -> [Bool?]
    /// What another server says about checks that this one asked about.
    func learned(_ opinions: [(check: CheckKey, isAlive: Bool?)])
}

/// One server of a cluster on etcd.
///
/// It follows what etcd puts in order, writes what this server is asked to change, and keeps serving
/// when etcd is away.
package final class ClusterNode: Sendable {
    package let settings: ClusterSettings
    package let log = ClusterLog()
    let keeper: CatalogKeeper
    let coding: any CatalogCoding
    let copies: any CatalogCopies
    let logger: Logger
    let client: EtcdClient
    let standing = ClusterStanding()
    let bell = ClusterBell()
    let beats = PendingBeats()
    let questions = PendingQuestions()
    let parts = Parts()
    let stopping = ClusterBell()
    let current = SharedConfirmation()
    let work = BackgroundWork()
    /// Set while something large is read, which nobody may take for a watch that brings nothing.
    let busy = Flag()
    let offline: OfflineRegistrations
    let startState = StartState()
    /// The catalog and facts that the disk had.
    private let copy: LocalCopy?
    private let replicaBox: Mutex<ClusterReplica?> = Mutex(nil)

    /// The catalog as this server's disk has it.
    package struct LocalCopy: Sendable {
        package var catalog: Catalog
        var clusterID: String
        var writes: OwnerWrites
        package var revision: UInt64
    }

    /// Reads the copy of the catalog on this server's disk; nil when there is none.
    ///
    /// - Throws: `ClusterStartError` when it is of another cluster.
    package static func localCopy(
        _ copies: any CatalogCopies,
        _ settings: ClusterSettings
    ) throws(ClusterStartError) -> LocalCopy? {
        let empty = Catalog(datacenter: settings.datacenter, limits: settings.limits)
        guard let (catalog, facts, revision) = copies.newest(empty) else { return nil }
        guard let name = facts[SnapshotFact.clusterName], let id = facts[SnapshotFact.clusterID]
        else { return nil }
        guard name == settings.name else {
            throw ClusterStartError(
                """
                the data folder is of cluster "\(name)" and not of "\(settings.name)"; give another \
                --data-dir or the right --cluster
                """
            )
        }
        return LocalCopy(
            catalog: catalog,
            clusterID: id,
            writes: OwnerWrites(text: facts[SnapshotFact.ownerWrites]),
            revision: revision
        )
    }

    /// - Parameter keeper: has the catalog of `copy`, or an empty one.
    package init(
        _ settings: ClusterSettings,
        keeper: CatalogKeeper,
        copy: LocalCopy?,
        coding: any CatalogCoding,
        copies: any CatalogCopies,
        journal: (any OfflineJournal)?,
        logger: Logger
    ) {
        self.settings = settings
        self.keeper = keeper
        self.copy = copy
        self.coding = coding
        self.copies = copies
        self.offline = OfflineRegistrations(journal, logger: logger)
        self.logger = logger
        self.client = EtcdClient(settings.etcd)
        let replica = ClusterReplica(keeper, coding: coding, observer: self)
        replicaBox.withLock { $0 = replica }
    }

    var replica: ClusterReplica {
        replicaBox.withLock { replica in
            guard let replica else { preconditionFailure("the replica is made by init") }
            return replica
        }
    }

    var nodeID: String { settings.member.nodeID }

    /// Has health take part; before `run`.
    package func follow(_ health: any ClusterHealth) {
        parts.setHealth(health)
        tellHealth()
    }

    // MARK: - Running

    /// Takes part until `stop`: then it writes what waits, says goodbye, and keeps a copy on the
    /// disk.
    package func run() async {
        if let copy {
            await replica.begin(at: copy.revision, copy.writes)
        }
        await withTaskGroup { group in
            group.addTask { await self.client.run() }
            group.addTask { await self.work.run() }
            group.addTask {
                await self.takePartUntilStopped()
                await self.leave()
                self.work.stop()
                self.client.stop()
            }
            await group.waitForAll()
        }
    }

    /// Gives the lease up, so that nobody waits for its end.
    private func leave() async {
        let lease = standing.now.lease
        guard lease != 0, standing.now.cutOff == nil else { return }
        try? await client.revoke(lease: lease)
    }

    private func takePartUntilStopped() async {
        await withTaskGroup { group in
            group.addTask { await self.takePart() }
            group.addTask {
                await self.stopping.wait(atMost: .seconds(1_000_000_000))
                // What was taken before is still written.
                let deadline = ContinuousClock.now + Self.lastWrites
                while !self.log.isIdle, ContinuousClock.now < deadline {
                    try? await Task.sleep(for: .milliseconds(10))
                }
            }
            // Either there is nothing to take part in, or it is over.
            await group.next()
            if startState.hasFailed { await group.next() }
            group.cancelAll()
        }
    }

    private static let lastWrites: Duration = .seconds(3)

    private func takePart() async {
        let start = ClusterStart(client: client, settings: settings, knownID: copy?.clusterID)
        guard let keys = await findCluster(start) else { return }
        parts.setKeys(keys)
        let snapshots = ClusterSnapshots(
            client: client,
            keys: keys,
            settings: settings,
            standing: standing,
            replica: replica,
            coding: coding,
            copies: copies,
            logger: logger
        )
        await withTaskGroup { group in
            group.addTask { await self.follow(keys) }
            group.addTask { await self.monitor(keys) }
            group.addTask { await self.membership(keys).run() }
            group.addTask { await self.runWriter(keys) }
            group.addTask { await snapshots.run() }
            group.addTask { await snapshots.runCopies() }
            group.addTask { await self.sendBeats(keys) }
            group.addTask { await self.sendQuestions(keys) }
            await group.waitForAll()
        }
        var none: UInt64 = 0
        await snapshots.copy(unless: &none)
    }

    private func runWriter(_ keys: ClusterKeys) async {
        var writer = ClusterWriter(
            log: log,
            client: client,
            replica: replica,
            keys: keys,
            nodeID: nodeID,
            coding: coding,
            limits: settings.limits,
            logger: logger
        )
        await writer.run()
    }

    private func membership(_ keys: ClusterKeys) -> ClusterMembership {
        ClusterMembership(
            client: client,
            keys: keys,
            settings: settings,
            standing: standing,
            logger: logger,
            bell: bell,
            changed: { self.tellHealth() }
        )
    }

    /// Asks etcd for the cluster until it answers; nil when that makes no sense any more.
    private func findCluster(_ start: ClusterStart) async -> ClusterKeys? {
        let began = ContinuousClock.now
        var isTold = false
        while !Task.isCancelled {
            do {
                return try await start.keys()
            } catch let error as ClusterStartError {
                startState.fail(error)
                return nil
            } catch {
                let waited = ContinuousClock.now - began
                standing.change { $0.lastFailure = "\(error)" }
                if !isTold, waited > .seconds(1) {
                    isTold = true
                    logger.warning("waits for etcd", metadata: ["reason": "\(error)"])
                }
                if copy != nil, waited > settings.cutOffAfter {
                    // Good enough to answer from.
                    await cutOff()
                    startState.begin()
                } else if copy == nil, waited > settings.startTimeout {
                    startState.fail(unreachable("\(error)"))
                    return nil
                }
                try? await Task.sleep(for: .milliseconds(250))
            }
        }
        return nil
    }

    /// True when the disk had something to answer from.
    var hasCopy: Bool { copy != nil }

    func unreachable(_ reason: String) -> ClusterStartError {
        ClusterStartError(
            "etcd cannot be reached, and the data folder has no copy of the catalog to answer from: "
                + reason
        )
    }

    /// Returns once there is something to serve.
    ///
    /// - Throws: `ClusterStartError` when there will never be.
    package func waitUntilServing() async throws(ClusterStartError) {
        try await startState.wait()
        guard standing.now.cutOff == nil else { return }
        // What the start writes next needs a writer, and a name of its own.
        let deadline = ContinuousClock.now + .seconds(3 * settings.memberTermSeconds)
        while standing.now.lease == 0, standing.now.cutOff == nil {
            if let other = standing.now.nameTaken, ContinuousClock.now > deadline {
                throw ClusterStartError(
                    """
                    another server of the cluster, at \(other), has the name \
                    "\(settings.member.nodeName)"; give this one another --node-name
                    """
                )
            }
            try? await Task.sleep(for: .milliseconds(50))
            if Task.isCancelled { return }
        }
    }
}

extension ClusterNode {
    /// What becomes known after `init`.
    final class Parts: Sendable {
        private let health: Mutex<(any ClusterHealth)?> = Mutex(nil)
        private let keys: Mutex<ClusterKeys?> = Mutex(nil)

        func setHealth(_ new: any ClusterHealth) { health.withLock { $0 = new } }

        func setKeys(_ new: ClusterKeys) { keys.withLock { $0 = new } }

        var currentHealth: (any ClusterHealth)? { health.withLock { $0 } }

        var currentKeys: ClusterKeys? { keys.withLock { $0 } }

        /// Rings when the watch brings nothing.
        let watchBroken = ClusterBell()
    }

    /// How the start went.
    final class StartState: Sendable {
        private struct State {
            var outcome: Result<Void, ClusterStartError>?
            var waiting: [CheckedContinuation<Result<Void, ClusterStartError>, Never>] = []
        }

        private let state = Mutex(State())

        func begin() { end(.success(())) }

        var hasFailed: Bool {
            if case .failure? = state.withLock({ $0.outcome }) { true } else { false }
        }

        func fail(_ error: ClusterStartError) { end(.failure(error)) }

        private func end(_ outcome: Result<Void, ClusterStartError>) {
            let waiting = state.withLock { state in
                guard state.outcome == nil else {
                    return [CheckedContinuation<Result<Void, ClusterStartError>, Never>]()
                }
                state.outcome = outcome
                defer { state.waiting = [] }
                return state.waiting
            }
            for waiter in waiting { waiter.resume(returning: outcome) }
        }

        func wait() async throws(ClusterStartError) {
            let result: Result<Void, ClusterStartError> = await withCheckedContinuation { waiter in
                let outcome = state.withLock { state in
                    if state.outcome == nil { state.waiting.append(waiter) }
                    return state.outcome
                }
                if let outcome { waiter.resume(returning: outcome) }
            }
            try result.get()
        }
    }
}
