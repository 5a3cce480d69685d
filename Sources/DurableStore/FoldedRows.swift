internal import Foundation
internal import ServiceCatalog

/// What the journal up to a position did, as one row a thing.
struct FoldedRows: Sendable {
    /// All changes up to here are in the rows.
    var position: UInt64 = 0
    private(set) var nodes: [String: FoldedRow<Node>] = [:]
    private(set) var instances: [InstanceKey: FoldedRow<ServiceInstance>] = [:]
    private(set) var checks: [CheckKey: FoldedRow<HealthCheck>] = [:]
    // Nil means that the thing is gone.
    /// By the bytes of the key: texts that look alike are different keys.
    private(set) var entries: [Data: KeyValueEntry?] = [:]
    private(set) var sessions: [String: Session?] = [:]
    private(set) var preparedQueries: [String: PreparedQuery?] = [:]
    private(set) var accessPolicies: [String: AccessPolicy?] = [:]
    private(set) var accessTokens: [String: AccessToken?] = [:]
    /// At least what the values of keys take.
    private var valueBytes = 0
    /// How many changes, and how many bytes of the journal, did all this.
    private(set) var changeCount = 0
    private(set) var journalBytes = 0

    /// Rows that gather before they are written: many, so that what changes often is written
    /// seldom, and few enough to be read back quickly from the journal.
    static let countMax = 16_384
    /// Changes that gather before their rows are written.
    private static let changeCountMax = 65_536
    /// Journal that gathers before the rows are written.
    private static let journalBytesMax = 32 << 20
    /// Values of keys that gather before they are written.
    private static let valueBytesMax = 16 << 20

    var isEmpty: Bool { changeCount == 0 }

    /// True when it is time to write them.
    var isFull: Bool {
        count >= Self.countMax || valueBytes >= Self.valueBytesMax
            || changeCount >= Self.changeCountMax || journalBytes >= Self.journalBytesMax
    }

    /// The same, or when so many changes have gathered.
    func isFull(afterChanges changesMax: Int) -> Bool { isFull || changeCount >= changesMax }

    /// How many rows would be written.
    var count: Int {
        nodes.count + instances.count + checks.count + entries.count + sessions.count
            + preparedQueries.count + accessPolicies.count + accessTokens.count
    }

    /// Notes that the rows hold what `changes` did, the last of them at `position`.
    mutating func cover(changes: Int, bytes: Int, upTo position: UInt64) {
        changeCount += changes
        journalBytes += bytes
        self.position = max(self.position, position)
    }

    /// Takes over the last state of what `event` touched.
    mutating func add(_ event: CatalogEvent) {
        switch event {
        case .node(let old, let new):
            guard let name = new?.name ?? old?.name else { return }
            nodes[Catalog.fold(name)] = FoldedRow(new)
        case .instance(let old, let new):
            guard let key = new?.key ?? old?.key else { return }
            instances[InstanceKey(node: Catalog.fold(key.node), id: key.id)] = FoldedRow(new)
        case .check(let old, let new):
            guard let key = new?.key ?? old?.key else { return }
            checks[CheckKey(node: Catalog.fold(key.node), id: key.id)] = FoldedRow(new)
        case .keyValue(let old, let new):
            guard let key = (new ?? old)?.key else { return }
            entries[Data(key.utf8)] = .some(new)
            valueBytes += new?.value.bytes.count ?? 0
        case .session(let old, let new):
            guard let id = (new ?? old)?.id else { return }
            sessions[Catalog.fold(id)] = .some(new)
        case .preparedQuery(let old, let new):
            guard let id = (new ?? old)?.id else { return }
            preparedQueries[Catalog.fold(id)] = .some(new)
        case .accessPolicy(let old, let new):
            guard let id = (new ?? old)?.id else { return }
            accessPolicies[Catalog.fold(id)] = .some(new)
        case .accessToken(let old, let new):
            guard let id = (new ?? old)?.accessorID else { return }
            accessTokens[Catalog.fold(id)] = .some(new)
        }
    }

    /// Takes over the rows of `later`, which are newer.
    mutating func merge(_ later: FoldedRows) {
        nodes.merge(later.nodes) { $1 }
        instances.merge(later.instances) { $1 }
        checks.merge(later.checks) { $1 }
        entries.merge(later.entries) { $1 }
        sessions.merge(later.sessions) { $1 }
        preparedQueries.merge(later.preparedQueries) { $1 }
        accessPolicies.merge(later.accessPolicies) { $1 }
        accessTokens.merge(later.accessTokens) { $1 }
        valueBytes += later.valueBytes
        changeCount += later.changeCount
        journalBytes += later.journalBytes
        position = max(position, later.position)
    }
}

/// The last state of a thing, apart from the table that it is found in.
///
/// Why: things are large, and tables that grow and keys that are sorted would move them around.
final class FoldedRow<Thing: Sendable>: Sendable {
    /// Nil: it is gone.
    let thing: Thing?

    init(_ thing: Thing?) { self.thing = thing }
}
