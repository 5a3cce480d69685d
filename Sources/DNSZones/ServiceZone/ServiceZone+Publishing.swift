internal import DNSResponder
internal import DNSWire
internal import Synchronization

extension ServiceZone {
    func remove(_ name: DomainName) -> TableChange {
        aliases.withLock { if !$0.isEmpty { $0[name] = nil } }
        return .removeName(name)
    }

    /// `rrsets` at `name`; with `host` an alias to it for types that are not there.
    ///
    /// `followsTargets`: SRV records lead to names of ours that are neither nodes nor addresses.
    func put(
        _ name: DomainName,
        _ rrsets: [PublishedRRset],
        aliasTo host: DomainName?,
        followsTargets: Bool = false,
        ttlSeconds: UInt32,
        note: ExtendedError? = nil
    ) -> TableChange {
        guard host != nil || followsTargets else {
            aliases.withLock { if !$0.isEmpty { $0[name] = nil } }
            return .name(PublishedName(name: name, here: .rrsets(rrsets), note: note))
        }
        let record = host.map {
            ResourceRecord(owner: name, type: .cname, ttlSeconds: ttlSeconds, rdata: $0.wire)
        }
        aliases.withLock { $0[name] = ServiceAlias(record: record, rrsets: rrsets, note: note) }
        return .name(PublishedName(name: name, here: .fallback, note: note))
    }

    /// True when `name` lies in one of our zones.
    func isServedHere(_ name: DomainName) -> Bool {
        let settings = settings
        return settings.domains.contains { name.isSubdomain(of: $0) }
            || settings.staticApexes.contains { name.isSubdomain(of: $0) }
    }
}

/// A name whose answers lead to other names.
struct ServiceAlias: Hashable, Sendable {
    /// The CNAME that answers all types but those in `rrsets`; nil when it has none.
    var record: ResourceRecord?
    var rrsets: [PublishedRRset]
    var note: ExtendedError?
}
