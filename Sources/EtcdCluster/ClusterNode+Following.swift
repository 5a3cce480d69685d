internal import Foundation
internal import Logging
internal import ServiceCatalog

// Following etcd, and finding out when that is not possible.
extension ClusterNode {
    /// Reads all of the cluster and then watches it, again and again, until the task is cancelled.
    func follow(_ keys: ClusterKeys) async {
        let loader = ClusterLoader(
            client: client,
            keys: keys,
            coding: coding,
            empty: Catalog(datacenter: settings.datacenter, limits: settings.limits),
            nodeID: nodeID
        )
        var isLoaded = false
        while !Task.isCancelled {
            do {
                if !isLoaded || standing.now.needsReload {
                    busy.set(true)
                    defer { busy.set(false) }
                    await replica.install(try await loader.load())
                    standing.change { now in
                        now.needsReload = false
                        now.figures.loads += 1
                    }
                    isLoaded = true
                }
                let revision = await replica.view.revision
                standing.change { $0.figures.watches += 1 }
                try await watch(keys, since: revision + 1)
            } catch let error as EtcdError where error.code == .compacted {
                isLoaded = false
            } catch let error as ClusterEntryError {
                standing.change { $0.lastFailure = "\(error)" }
                logger.error("the log cannot be read", metadata: ["error": "\(error)"])
                try? await Task.sleep(for: .seconds(1))
            } catch {
                logger.debug("the watch broke", metadata: ["error": "\(error)"])
                try? await Task.sleep(for: .milliseconds(100))
            }
        }
    }

    /// Watches until that breaks, or until somebody says that it brings nothing.
    private func watch(_ keys: ClusterKeys, since revision: UInt64) async throws {
        let replica = replica
        let parts = EntryParts(client: client, keys: keys)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                try await self.client.watch(
                    from: keys.live,
                    upTo: ClusterKeys.end(of: keys.live),
                    since: revision
                ) { step in
                    self.busy.set(true)
                    defer { self.busy.set(false) }
                    try await replica.take(step.revision, step.changes, parts)
                }
            }
            group.addTask {
                await self.parts.watchBroken.wait(atMost: .seconds(86_400))
            }
            defer { group.cancelAll() }
            try await group.next()
        }
    }

    /// Asks etcd's majority every second for the newest entry, and judges by it.
    func monitor(_ keys: ClusterKeys) async {
        let began = ContinuousClock.now
        while !Task.isCancelled {
            let asked = ContinuousClock.now
            let isConfirmed = await confirm(keys)
            if isConfirmed {
                standing.change { $0.confirmed = asked }
                if await !replica.isAttached { await comeBack(keys) }
            } else {
                let last = standing.now.confirmed ?? began
                if ContinuousClock.now - last > settings.cutOffAfter {
                    await cutOff()
                    noteSlowStart(since: began)
                }
            }
            let isWell = isConfirmed && standing.now.cutOff == nil
            try? await Task.sleep(for: isWell ? .seconds(1) : .milliseconds(200))
        }
    }

    /// True when etcd's majority has nothing that this server does not have.
    func confirm(_ keys: ClusterKeys) async -> Bool {
        do {
            guard let newest = try await newestEntry(keys) else { return false }
            guard await replica.reached(newest, within: Self.watchPatience) else {
                // What is large takes its time, and would begin again and again.
                guard !busy.isSet else { return false }
                standing.change { now in
                    now.figures.stalls += 1
                    now.lastFailure = "the watch at \(self.client.endpoint) brings nothing"
                }
                client.leaveCurrent()
                parts.watchBroken.ring()
                return false
            }
            standing.change { $0.lastFailure = nil }
            return true
        } catch {
            standing.change { $0.lastFailure = "\(error)" }
            return false
        }
    }

    /// So long after etcd's majority has an entry it may be missing here.
    private static let watchPatience: Duration = .milliseconds(1_500)

    /// The revision of the newest entry; nil when etcd holds another cluster than it did.
    private func newestEntry(_ keys: ClusterKeys) async throws -> UInt64? {
        var transaction = EtcdTransaction()
        transaction.read(ClusterKeys.cluster(keys.name))
        transaction.read(keys.head)
        // Before it is asked: the watch may bring more while the answer is on its way.
        let known = await replica.view.revision
        let outcome = try await client.transact(transaction)
        guard let cluster = outcome.found.first ?? nil, ClusterStart.id(cluster) == keys.id else {
            standing.change {
                $0.lastFailure = "etcd no longer holds the cluster \(keys.name) (\(keys.id))"
            }
            return nil
        }
        if outcome.revision < known {
            logger.error("etcd was put back to an older state: reading all of it")
            standing.change { $0.needsReload = true }
            parts.watchBroken.ring()
            return nil
        }
        return (outcome.found.last ?? nil)?.modRevision ?? 0
    }

    // MARK: - Cut off, and back

    /// From now on this server answers from what it has, refuses changes, and goes by what it sees
    /// itself.
    func cutOff() async {
        let failure = standing.now.lastFailure ?? "no answer"
        let reason = "etcd cannot be reached, and no change is taken until it is: \(failure)"
        guard standing.now.cutOff == nil else { return }
        // First, so that nothing that is found alone gets into what etcd has.
        await replica.detach()
        let isNew = standing.change { now in
            guard now.cutOff == nil else { return false }
            now.cutOff = reason
            now.figures.cutOffs += 1
            return true
        }
        guard isNew else { return }
        logger.warning("cut off from etcd", metadata: ["reason": "\(failure)"])
        log.cutOff(because: reason)
        for change in offline.open() { _ = await replica.applyAlone(change) }
        parts.currentHealth?.shareChecks(among: nil, leads: false)
    }

    /// Brings to the others what they do not have, then shows everybody what etcd has.
    private func comeBack(_ keys: ClusterKeys) async {
        let findings = await findingsToBring()
        let taken = offline.close()
        await raiseRevision(keys)
        let results = await log.bring(
            findings.map { ($0, nil) } + taken.map { ($0.change, .some($0.milliseconds)) }
        )
        for result in results {
            // Lost again: what was brought is brought again then.
            if case .failure(let error) = result, !error.isRejection {
                offline.open()
                return
            }
        }
        let superseded = results.suffix(taken.count).count { result in
            if case .failure(.rejected(.conditionFailed)) = result { true } else { false }
        }
        offline.clear()
        await replica.attach()
        let wasCutOff = standing.change { now in
            defer { now.cutOff = nil }
            guard now.cutOff != nil else { return false }
            now.figures.returns += 1
            now.figures.merged += UInt64(taken.count - superseded)
            now.figures.superseded += UInt64(superseded)
            return true
        }
        log.resume()
        tellHealth()
        startState.begin()
        guard wasCutOff else { return }
        let revision = await replica.view.revision
        logger.notice(
            "the view is current again",
            metadata: [
                "revision": "\(revision)", "findings": "\(findings.count)",
                "merged": "\(taken.count - superseded)", "superseded": "\(superseded)",
            ]
        )
    }

    /// What this server found and the others do not know, of the checks that are its own.
    ///
    /// Why not all: who was cut off from etcd may have been from the targets, too. A server that was
    /// gone for long has no checks of its own any more, and the others have looked after them.
    private func findingsToBring() async -> [CatalogChange] {
        guard let health = parts.currentHealth else { return [] }
        let nodeIDs = await replica.view.assignment
        return await replica.openVerdicts().filter { change in
            guard case .checkStatus(let key, _, _) = change else { return false }
            return health.isResponsible(for: key, among: nodeIDs)
        }
    }

    /// Writes to etcd until its revision is that of what was shown while this server was alone: who
    /// follows the index is never told a smaller one for something newer.
    private func raiseRevision(_ keys: ClusterKeys) async {
        let shown = keeper.read { $0.index }
        for _ in 0..<Self.raisesMax where await replica.view.revision < shown {
            var transaction = EtcdTransaction()
            transaction.put(keys.beats(nodeID), Data(), lease: standing.now.lease)
            guard let revision = try? await client.transact(transaction).revision,
                revision < shown
            else { return }
        }
    }

    private static let raisesMax = 1_000

    /// Says how a start ends that etcd does not let finish.
    private func noteSlowStart(since began: ContinuousClock.Instant) {
        if hasCopy {
            startState.begin()
        } else if ContinuousClock.now - began > settings.startTimeout {
            startState.fail(unreachable(standing.now.lastFailure ?? "no answer"))
        }
    }

    /// Has health know with whom this server shares the checks now.
    func tellHealth() {
        let now = standing.now
        let isCutOff = now.cutOff != nil || now.confirmed == nil
        parts.currentHealth?.shareChecks(
            among: isCutOff ? nil : now.view.assignment,
            leads: standing.leads(nodeID) != nil
        )
    }
}

extension CatalogLogError {
    fileprivate var isRejection: Bool {
        if case .rejected = self { true } else { false }
    }
}
