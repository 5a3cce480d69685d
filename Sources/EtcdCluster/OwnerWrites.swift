internal import Foundation
internal import ServiceCatalog

/// When owners last registered or deregistered their instances, by the clock of the server that
/// heard it.
///
/// What a server took while it was cut off is merged by it: an instance is its registrant's, so the
/// last word of the registrant holds, and a deregistration is remembered as a tombstone, or what it
/// removed would come back as a ghost. Removals that nobody asked for, such as those of leases that
/// ran out, are no word of the owner.
struct OwnerWrites: Hashable, Sendable {
    private(set) var milliseconds: [InstanceKey: Int64] = [:]
    private var notedCount = 0

    /// What is older is forgotten: no server is merged that was cut off for so long.
    static let retentionMilliseconds: Int64 = 24 * 3_600 * 1_000

    /// The instance that a change is the owner's word about; nil for other changes.
    static func subject(of change: CatalogChange) -> InstanceKey? {
        let key: InstanceKey
        switch change {
        case .register(let registration):
            guard let instance = registration.instance else { return nil }
            key = instance.key
        case .deregisterInstance(let instance, onlyIf: nil): key = instance
        default: return nil
        }
        return InstanceKey(node: Catalog.fold(key.node), id: key.id)
    }

    /// True when the owner has said something else since.
    func supersede(_ change: CatalogChange, madeAt milliseconds: Int64) -> Bool {
        guard let key = Self.subject(of: change), let last = self.milliseconds[key] else {
            return false
        }
        return last > milliseconds
    }

    mutating func note(_ change: CatalogChange, madeAt time: Int64) {
        guard let key = Self.subject(of: change) else { return }
        milliseconds[key] = max(milliseconds[key] ?? .min, time)
        notedCount += 1
        guard notedCount >= Self.pruneInterval else { return }
        notedCount = 0
        prune(now: time)
    }

    /// So many notes after the last time what is old is forgotten.
    private static let pruneInterval = 65_536

    /// Forgets what is too old at `now`.
    mutating func prune(now: Int64) {
        milliseconds = milliseconds.filter { $0.value > now - Self.retentionMilliseconds }
    }

    /// As a text for a snapshot.
    var text: String {
        let rows = milliseconds.map { Row(node: $0.node, id: $0.id, milliseconds: $1) }
        let json = try? JSONEncoder().encode(rows)
        return String(decoding: json ?? Data("[]".utf8), as: UTF8.self)
    }

    init() {}

    /// Reads `text`; what cannot be read is as if nobody had said anything.
    init(text: String?) {
        let rows = try? JSONDecoder().decode([Row].self, from: Data((text ?? "[]").utf8))
        for row in rows ?? [] {
            milliseconds[InstanceKey(node: row.node, id: row.id)] = row.milliseconds
        }
    }

    private struct Row: Codable {
        var node: String
        var id: String
        var milliseconds: Int64
    }
}
