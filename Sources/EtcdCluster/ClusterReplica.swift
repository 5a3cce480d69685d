internal import Foundation
internal import Protos
internal import ServiceCatalog
internal import SwiftProtobuf
internal import Synchronization

/// Told what etcd's order brings, while nothing else is applied; must be short.
protocol ClusterObserver: Sendable {
    /// An entry of the log is in the catalog.
    func applied(_ name: EntryName, _ results: [Result<CatalogWrite, CatalogLogError>])
    /// All up to the view's revision is known.
    func advanced(_ view: ClusterView)
    /// Members, leader or assignment are no longer what they were.
    func viewChanged(_ view: ClusterView)
    /// Another server has heard heartbeats.
    func heard(_ beats: [UInt64], by nodeID: String)
    /// Another server asks for an opinion, or gives one.
    func asked(_ question: Rollcall_Question, by nodeID: String)
    func answered(_ opinion: Rollcall_Opinion, by nodeID: String)
}

/// The catalog of this server, as a copy of what etcd has put in order.
///
/// *Attached*, it is brought forward entry by entry, and is what everybody reads. *Detached*, while
/// etcd cannot be reached, what everybody reads gets this server's own findings on top, and the copy
/// waits apart; once etcd is back it is brought forward first, and then takes the place of what was
/// read.
actor ClusterReplica {
    private let keeper: CatalogKeeper
    private let coding: any CatalogCoding
    private let observer: any ClusterObserver

    private(set) var view = ClusterView()
    private var ownerWrites = OwnerWrites()
    /// The last entry of each writer.
    private var last: [String: EntryName] = [:]
    /// Nil while attached.
    private var copy: Catalog?
    /// Findings of this server that no other has, in their order; later ones of a check in place of
    /// earlier ones.
    private var verdicts: [CheckKey: CatalogChange] = [:]
    private var waiters: [Int: (revision: UInt64, wakeUp: WakeUp)] = [:]
    private var nextWaiter = 0

    /// Begins detached: what the keeper has is from this server's own disk, or nothing.
    init(
        _ keeper: CatalogKeeper,
        coding: any CatalogCoding,
        observer: any ClusterObserver
    ) {
        self.keeper = keeper
        self.coding = coding
        self.observer = observer
        self.copy = keeper.snapshot()
    }

    var isAttached: Bool { copy == nil }

    /// The catalog as etcd has it, with its revision.
    var state: LoadedCluster {
        LoadedCluster(view: view, catalog: copy ?? keeper.snapshot(), ownerWrites: ownerWrites)
    }

    /// Starts from what this server had on its disk.
    func begin(at revision: UInt64, _ writes: OwnerWrites) {
        view.revision = revision
        ownerWrites = writes
    }

    // MARK: - What etcd brings

    /// Takes over all of the cluster, as it was read.
    func install(_ loaded: LoadedCluster) {
        view = loaded.view
        ownerWrites = loaded.ownerWrites
        last = loaded.last
        if isAttached { replace(by: loaded.catalog) } else { copy = loaded.catalog }
        for (name, results) in loaded.results { observer.applied(name, results) }
        observer.viewChanged(view)
        resumeWaiters()
    }

    /// Takes one step of a watch.
    func take(
        _ revision: UInt64,
        _ changes: [(pair: EtcdPair, isRemoval: Bool)],
        _ parts: EntryParts
    ) async throws {
        guard revision > view.revision else { return }
        let keys = parts.keys
        // First, for this is where others may come between.
        var entries: [EntryName: ClusterEntry] = [:]
        for (pair, isRemoval) in changes where !isRemoval {
            guard case .entry(let name) = keys.subject(of: pair.key) else { continue }
            // A writer counts its entries one by one within an epoch.
            if let last = last[name.writer], last.epoch == name.epoch,
                name.number != last.number + 1
            {
                throw EtcdError(.compacted, "the watch left entries out")
            }
            entries[name] = try await ClusterEntry(pair.value, coding) { count in
                try await parts.read(name, count: count)
            }
        }
        var isChanged = false
        for (pair, isRemoval) in changes {
            guard let subject = keys.subject(of: pair.key) else { continue }
            switch subject {
            case .entry(let name):
                guard let entry = entries[name] else { continue }
                apply(name, entry, pair)
            case .head, .writer: continue
            case .beats, .question, .opinion:
                if !isRemoval { tell(subject, pair.value) }
            case .member, .leader, .assignment, .snapshot:
                view.note(subject, pair, isRemoval: isRemoval)
                isChanged = true
            }
        }
        view.revision = revision
        observer.advanced(view)
        if isChanged { observer.viewChanged(view) }
        resumeWaiters()
    }

    /// Hands on what another server says; what makes no sense is as if it had said nothing.
    private func tell(_ subject: ClusterKeys.Subject, _ value: Data) {
        switch subject {
        case .beats(let nodeID):
            guard let beats = try? Rollcall_Beats(serializedBytes: value) else { return }
            observer.heard(beats.numbers, by: nodeID)
        case .question(let nodeID):
            guard let question = try? Rollcall_Question(serializedBytes: value) else { return }
            observer.asked(question, by: nodeID)
        case .opinion(let nodeID):
            guard let opinion = try? Rollcall_Opinion(serializedBytes: value) else { return }
            observer.answered(opinion, by: nodeID)
        default: return
        }
    }

    private func apply(_ name: EntryName, _ entry: ClusterEntry, _ pair: EtcdPair) {
        let (changes, isWanted) = entry.admitted(by: &ownerWrites)
        let revision = pair.modRevision
        let made: [Result<CatalogWrite, CatalogRejection>]
        if copy == nil {
            made = keeper.apply(together: changes, at: revision, limits: entry.limits)
        } else {
            copy?.limits = entry.limits
            made = copy?.apply(changes) { _ in revision }.0 ?? []
        }
        view.log.add(bytes: pair.value.count + entry.partBytes)
        last[name.writer] = name
        observer.applied(name, ClusterEntry.results(made, isWanted))
    }

    // MARK: - Without etcd

    /// From now on what is read is no longer brought forward.
    func detach() {
        guard isAttached else { return }
        copy = keeper.snapshot()
    }

    /// Has what is read show what this server alone has found.
    ///
    /// - Returns: nil while attached: it would get into what etcd has.
    func applyAlone(_ change: CatalogChange) -> Result<CatalogWrite, CatalogRejection>? {
        guard !isAttached else { return nil }
        let index = keeper.read { $0.index } + 1
        if case .checkStatus(let key, _, _) = change { verdicts[key] = change }
        return keeper.apply(together: [change], at: index)[0]
    }

    /// What this server found alone and what still says otherwise in etcd.
    func openVerdicts() -> [CatalogChange] {
        guard let copy else { return [] }
        return verdicts.values.filter { change in
            guard case .checkStatus(let key, let status, _) = change, let check = copy.check(key)
            else { return false }
            return check.status != status
        }
    }

    /// Shows everybody what etcd has, and brings it forward from now on.
    func attach() {
        guard let catalog = copy else { return }
        copy = nil
        verdicts = [:]
        replace(by: catalog)
        observer.viewChanged(view)
    }

    private func replace(by catalog: Catalog) {
        let difference = catalog.difference(from: keeper.snapshot())
        keeper.replace(with: catalog, difference: difference)
    }

    // MARK: - Waiting

    /// Returns true once all up to `revision` is known, false when the task is cancelled first.
    func reached(_ revision: UInt64) async -> Bool {
        guard view.revision < revision else { return true }
        let id = nextWaiter
        nextWaiter += 1
        let wakeUp = WakeUp()
        waiters[id] = (revision, wakeUp)
        await wakeUp.wait()
        waiters[id] = nil
        return view.revision >= revision
    }

    /// The same for at most so long.
    func reached(_ revision: UInt64, within limit: Duration) async -> Bool {
        guard view.revision < revision else { return true }
        return await withTaskGroup(of: Bool.self) { group in
            group.addTask { await self.reached(revision) }
            group.addTask {
                try? await Task.sleep(for: limit)
                return false
            }
            defer { group.cancelAll() }
            return await group.next() ?? false
        }
    }

    private func resumeWaiters() {
        for (id, waiter) in waiters where waiter.revision <= view.revision {
            waiters[id] = nil
            waiter.wakeUp.end()
        }
    }
}
