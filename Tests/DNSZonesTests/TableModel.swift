import DNSResponder
import DNSWire

@testable import DNSZones

/// What the seam's words mean, written down as plainly as possible: the answers of an answer table.
struct TableModel: Equatable {
    private(set) var zones: [DomainName: PublishedZone] = [:]
    private(set) var names: [DomainName: PublishedName] = [:]

    enum Outcome: Equatable {
        case reply(FallbackReply)
        case fallback
    }

    /// Applies `changes`; false when one of them breaks the seam's rules.
    mutating func apply(_ changes: [TableChange]) -> Bool {
        for change in changes {
            switch change {
            case .zone(let zone):
                zones[zone.apex] = zone
            case .removeZone(let apex):
                guard zones.removeValue(forKey: apex) != nil,
                    !names.keys.contains(where: { $0.isSubdomain(of: apex) && self.apex($0) == nil }
                    )
                else { return false }
            case .name(let name):
                guard apex(name.name) != nil else { return false }
                names[name.name] = name
            case .names(let published):
                guard published.names.allSatisfy({ apex($0) != nil }) else { return false }
                for name in published.each { names[name.name] = name }
            case .removeName(let name):
                guard names.removeValue(forKey: name) != nil else { return false }
            case .serial(let apex, let serial):
                zones[apex]?.serial = serial
            case .note, .address, .removeAddress:
                return false
            }
        }
        return true
    }

    func answer(_ name: DomainName, _ type: RecordType) -> Outcome {
        guard let apex = apex(name), let zone = zones[apex] else {
            return .reply(FallbackReply(responseCode: .refused, isAuthoritative: false))
        }
        // A zone above may have the DS record (RFC 4035 §3.1.4.1).
        if name == apex, type == .ds {
            guard case .rrsets(let rrsets)? = names[name]?.here,
                rrsets.contains(where: { $0.type == .ds })
            else { return .fallback }
        }
        var encloser = name
        while !exists(encloser, below: apex), let parent = encloser.parent { encloser = parent }
        guard let entry = names[encloser] else {
            return encloser == name ? noData(zone) : nameError(zone)
        }
        switch entry.here {
        case .delegation(let nameServers, let parentSide):
            if encloser == name, type == .ds {
                return select(parentSide, name, type, zone)
            }
            return .reply(
                FallbackReply(
                    responseCode: .noError,
                    isAuthoritative: false,
                    authority: records(nameServers, encloser),
                    additional: nameServers.additional
                )
            )
        case .rrsets(let rrsets) where encloser == name:
            return select(rrsets, name, type, zone)
        case .fallback where encloser == name:
            return .fallback
        case .rrsets, .fallback:
            break
        }
        switch entry.below {
        case .nothing: return nameError(zone)
        case .wildcard(let rrsets): return select(rrsets, name, type, zone)
        case .fallback, .addresses: return .fallback
        }
    }

    private func select(
        _ rrsets: [PublishedRRset],
        _ name: DomainName,
        _ type: RecordType,
        _ zone: PublishedZone
    ) -> Outcome {
        // One RRset answers ANY (RFC 8482 §4.1).
        let isAny = type == .any
        if name == zone.apex, type == .soa || isAny && rrsets.isEmpty {
            let answer = [soa(zone, ttlSeconds: zone.ttlSeconds)]
            return .reply(FallbackReply(responseCode: .noError, answer: answer))
        }
        guard let rrset = rrsets.first(where: { $0.type == type || isAny }) else {
            return noData(zone)
        }
        return .reply(
            FallbackReply(
                responseCode: .noError,
                answer: records(rrset, name),
                additional: rrset.additional
            )
        )
    }

    private func apex(_ name: DomainName) -> DomainName? {
        var current: DomainName? = name
        while let candidate = current {
            if zones[candidate] != nil { return candidate }
            current = candidate.parent
        }
        return nil
    }

    private func exists(_ name: DomainName, below apex: DomainName) -> Bool {
        name == apex || names[name] != nil || names.keys.contains { $0.isSubdomain(of: name) }
    }

    private func records(_ rrset: PublishedRRset, _ owner: DomainName) -> [ResourceRecord] {
        rrset.rdata.map {
            ResourceRecord(owner: owner, type: rrset.type, ttlSeconds: rrset.ttlSeconds, rdata: $0)
        }
    }

    private func noData(_ zone: PublishedZone) -> Outcome {
        let authority = [soa(zone, ttlSeconds: min(zone.ttlSeconds, zone.minimumSeconds))]
        return .reply(FallbackReply(responseCode: .noError, authority: authority))
    }

    private func nameError(_ zone: PublishedZone) -> Outcome {
        let authority = [soa(zone, ttlSeconds: min(zone.ttlSeconds, zone.minimumSeconds))]
        return .reply(FallbackReply(responseCode: .nameError, authority: authority))
    }

    private func soa(_ zone: PublishedZone, ttlSeconds: UInt32) -> ResourceRecord {
        let numbers = [
            zone.serial, zone.refreshSeconds, zone.retrySeconds, zone.expireSeconds,
            zone.minimumSeconds,
        ]
        let tail = numbers.flatMap { number in
            (0..<4).map { UInt8(truncatingIfNeeded: number >> (24 - 8 * $0)) }
        }
        let rdata = zone.primary.wire + zone.mailbox.wire + tail
        return ResourceRecord(owner: zone.apex, type: .soa, ttlSeconds: ttlSeconds, rdata: rdata)
    }
}
