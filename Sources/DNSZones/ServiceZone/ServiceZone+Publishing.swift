internal import DNSResponder
internal import DNSWire
internal import Synchronization

extension ServiceZone {
    func remove(_ names: [DomainName], into changes: inout [TableChange]) {
        forgetAliases(names)
        for name in names { changes.append(.removeName(name)) }
    }

    private func forgetAliases(_ names: [DomainName]) {
        aliases.withLock { aliases in
            guard !aliases.isEmpty else { return }
            for name in names { aliases[name] = nil }
        }
    }

    /// `rrsets` at `names`; with `host` aliases to it for types that are not there.
    ///
    /// `followsTargets`: SRV records lead to names of ours that are neither nodes nor addresses.
    func put(
        _ names: [DomainName],
        _ rrsets: [PublishedRRset],
        aliasTo host: DomainName?,
        followsTargets: Bool = false,
        ttlSeconds: UInt32,
        note: ExtendedError? = nil,
        into changes: inout [TableChange]
    ) {
        guard host != nil || followsTargets else {
            forgetAliases(names)
            guard !names.isEmpty else { return }
            return changes.append(.names(PublishedNames(names: names, rrsets: rrsets, note: note)))
        }
        for name in names {
            let record = host.map {
                ResourceRecord(owner: name, type: .cname, ttlSeconds: ttlSeconds, rdata: $0.wire)
            }
            aliases.withLock {
                $0[name] = ServiceAlias(record: record, rrsets: rrsets, note: note)
            }
            changes.append(.name(PublishedName(name: name, here: .fallback, note: note)))
        }
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
