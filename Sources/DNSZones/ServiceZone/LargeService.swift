internal import ServiceCatalog

/// A service with so many instances that a change must not look at all of them.
///
/// Every instance is kept as answers need it, and the records of all of them encoded: a change
/// takes the records of its instance out and puts new ones in, and the rest is only copied to the
/// table. That costs some 200 bytes an instance, and as much again for each tag that a thousand
/// have.
struct LargeService {
    private var members: [InstanceKey: Endpoint] = [:]
    /// By folded tag; all instances under nil.
    private var parts: [String?: Part] = [:]
    private let domains: [ServiceNames]
    private let ttlSeconds: UInt32
    private let onlyPassing: Bool
    private let panicPercent: Int
    private let limits: Limits

    /// When a service is large.
    struct Limits {
        /// From so many instances on.
        var instancesMin = 1024
        /// A reply that SRV records of this size fill has no room for addresses beside them.
        var messageBytes = 65_536
    }

    /// Few instances are compiled anew from their members.
    private enum Part {
        case few(Set<InstanceKey>)
        case many(PackedPart)
    }

    /// What a name of the service stands for.
    enum Content {
        case endpoints([Endpoint])
        case packed(PackedPart)
    }

    init(
        domains: [ServiceNames],
        ttlSeconds: UInt32,
        onlyPassing: Bool,
        panicPercent: Int,
        limits: Limits
    ) {
        self.domains = domains
        self.ttlSeconds = ttlSeconds
        self.onlyPassing = onlyPassing
        self.panicPercent = panicPercent
        self.limits = limits
    }

    /// The instance under `key` is `new` now, or gone; the folded tags of what it was and is,
    /// nothing when it stays as it was.
    mutating func update(_ key: InstanceKey, to new: Endpoint?) -> Set<String>? {
        let old = members[key]
        guard old != new else { return nil }
        members[key] = new
        let oldTags = Set(old?.tags.map { $0.lowercased() } ?? [])
        let newTags = Set(new?.tags.map { $0.lowercased() } ?? [])
        for tag in [nil] + oldTags.union(newTags).map(Optional.some) {
            let isIn = tag.map { (oldTags.contains($0), newTags.contains($0)) } ?? (true, true)
            var part = parts.removeValue(forKey: tag) ?? .few([])
            update(&part, key, isIn.0 ? old : nil, isIn.1 ? new : nil)
            resize(&part, tag)
            if case .few(let keys) = part, keys.isEmpty { continue }
            parts[tag] = part
        }
        return oldTags.union(newTags)
    }

    private func update(
        _ part: inout Part,
        _ key: InstanceKey,
        _ old: Endpoint?,
        _ new: Endpoint?
    ) {
        switch part {
        case .few(var keys):
            part = .few([])
            if new == nil { keys.remove(key) } else { keys.insert(key) }
            part = .few(keys)
        case .many(var packed):
            // Left where it is, all of it would be copied.
            part = .few([])
            if let old { packed.remove(old, domains) }
            if let new { packed.add(new, domains) }
            part = .many(packed)
        }
    }

    /// Packs a part that has become large, and unpacks one that has shrunk a good deal.
    private func resize(_ part: inout Part, _ tag: String?) {
        switch part {
        case .few(let keys) where keys.count >= limits.instancesMin:
            var packed = PackedPart(domains, ttlSeconds: ttlSeconds, onlyPassing: onlyPassing)
            for key in keys {
                if let endpoint = members[key] { packed.add(endpoint, domains) }
            }
            part = .many(packed)
        case .many(let packed) where packed.count < limits.instancesMin * 3 / 4:
            part = .few(Set(members.filter { $0.value.has(tag) }.keys))
        default: break
        }
    }

    /// What the names of the service, or of `tag`, stand for now.
    func content(_ tag: String?) -> Content {
        switch parts[tag] {
        case nil: return .endpoints([])
        case .few(let keys): return .endpoints(keys.sorted().compactMap { members[$0] })
        case .many(let packed)
        where packed.isPlain(bytesMax: limits.messageBytes)
            && !packed.isPanic(percent: panicPercent):
            return .packed(packed)
        case .many:
            let found = members.filter { $0.value.has(tag) }.sorted { $0.key < $1.key }
            return .endpoints(found.map(\.value))
        }
    }
}

extension Endpoint {
    /// True when it bears the folded tag, and for nil.
    fileprivate func has(_ tag: String?) -> Bool {
        guard let tag else { return true }
        return tags.contains { $0.lowercased() == tag }
    }
}
