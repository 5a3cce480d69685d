internal import DNSResponder
internal import DNSWire

/// One question on its way through the zones: each alias in an answer starts the search again.
///
/// The response code is that of the last name (RFC 6604 §3).
/// RFC 1034 §3.6.2 and §4.3.2; RFC 6672 §3.2.
struct AliasChase {
    /// Who asked, and what.
    let query: FallbackQuery
    /// The type that is looked for now: that of the question, or of an address that goes with it.
    let type: RecordType
    let zones: StaticZoneSet
    let others: any InZoneLookup

    /// SRV targets that are followed for one reply, and the additional records that may come of it.
    private static let targetsMax = 16
    private static let additionalMax = 512

    private var reply = FallbackReply(responseCode: .noError)
    private var visited: Set<DomainName> = []

    init(
        _ query: FallbackQuery,
        type: RecordType? = nil,
        zones: StaticZoneSet,
        others: any InZoneLookup
    ) {
        self.query = query
        self.type = type ?? query.type
        self.zones = zones
        self.others = others
    }

    /// Where a name is served.
    private enum Home {
        case zone(StaticZone)
        case others(apex: DomainName)

        var apex: DomainName {
            switch self {
            case .zone(let zone): zone.apex
            case .others(let apex): apex
            }
        }
    }

    mutating func run(from question: DomainName) -> FallbackReply {
        var name = question
        guard home(of: name) != nil else {
            let note = ExtendedError(infoCode: ExtendedError.notAuthoritative, extraText: "")
            return FallbackReply(responseCode: .refused, isAuthoritative: false, note: note)
        }
        // A target that was seen before is a loop; the client gets the loop to look at.
        while visited.count <= AuthoritativeFallback.aliasesMax, visited.insert(name).inserted {
            guard let home = home(of: name) else {
                reply.outsideTarget = name
                break
            }
            guard let target = step(name, home) else { break }
            name = target
        }
        return reply
    }

    /// The home of `name`; a DS record stands in the zone above its apex (RFC 4035 §3.1.4.1).
    private func home(of name: DomainName) -> Home? {
        let nearest = nearestHome(of: name)
        if type == .ds, let nearest, nearest.apex == name, let above = name.parent {
            return nearestHome(of: above) ?? nearest
        }
        return nearest
    }

    private func nearestHome(of name: DomainName) -> Home? {
        let zone = zones.zone(enclosing: name)
        guard let apex = others.apex(enclosing: name) else { return zone.map(Home.zone) }
        if let zone, zone.apex.wire.count > apex.wire.count { return .zone(zone) }
        return .others(apex: apex)
    }

    /// Adds what the home of `name` says; the name to go on with, or nil at the end.
    private mutating func step(_ name: DomainName, _ home: Home) -> DomainName? {
        switch home {
        case .zone(let zone): return step(name, zone)
        case .others:
            let found = others.find(name, type, for: query)
            if let bits = found.scopePrefixLength {
                reply.scopePrefixLength = max(bits, reply.scopePrefixLength ?? 0)
            }
            return step(name, found.finding)
        }
    }

    private mutating func step(_ name: DomainName, _ finding: InZoneFinding) -> DomainName? {
        switch finding {
        case .records(let records, let additional, let note):
            reply.answer += records
            reply.additional += additional
            if type == .srv { addTargets(of: records, beside: additional) }
            add(note)
        case .alias(let record, let note):
            reply.answer.append(record)
            add(note)
            return RdataNames.target(record.rdata)
        case .noData(let soa, let note):
            reply.authority.append(soa)
            add(note)
        case .nameError(let soa, let note):
            reply.responseCode = .nameError
            reply.authority.append(soa)
            add(note)
        }
        return nil
    }

    /// Of several notes the one of the first name stays: it is what was asked about.
    private mutating func add(_ note: ExtendedError?) {
        if reply.note == nil { reply.note = note }
    }

    /// The addresses of SRV targets that are served here, with the aliases on the way to them.
    private mutating func addTargets(
        of records: [ResourceRecord],
        beside additional: [ResourceRecord]
    ) {
        var done = Set(additional.map(\.owner))
        var lookedUp = 0
        for record in records where lookedUp < Self.targetsMax {
            guard let target = RdataNames.host(.srv, record.rdata), done.insert(target).inserted,
                home(of: target) != nil
            else { continue }
            lookedUp += 1
            for family in [RecordType.a, .aaaa] {
                var chase = AliasChase(query, type: family, zones: zones, others: others)
                let found = chase.run(from: target)
                guard found.responseCode == .noError else { continue }
                for record in found.answer where !reply.additional.contains(record) {
                    guard reply.additional.count < Self.additionalMax else { return }
                    reply.additional.append(record)
                }
            }
        }
    }

    private mutating func step(_ name: DomainName, _ zone: StaticZone) -> DomainName? {
        switch zone.find(name, type) {
        case .records(let rrset):
            reply.answer += rrset.records(owner: name)
            reply.additional += zone.additional(for: rrset)
        case .noData:
            reply.authority += [zone.negativeSOA].compactMap { $0 }
        case .nameError:
            reply.responseCode = .nameError
            reply.authority += [zone.negativeSOA].compactMap { $0 }
        case .alias(let rrset):
            reply.answer += rrset.records(owner: name)
            return rrset.rdata.first.flatMap(RdataNames.target)
        case .redirection(let owner, let rrset):
            return redirect(name, owner, rrset)
        case .referral(let owner, let rrset):
            // AA tells about the first name of the answer (RFC 1035 §4.1.1).
            reply.isAuthoritative = !reply.answer.isEmpty
            reply.authority += rrset.records(owner: owner)
            reply.additional += zone.additional(for: rrset)
        }
        return nil
    }

    /// Replaces the end of `name` and adds the DNAME and a CNAME made for this name.
    ///
    /// RFC 6672 §2.2 and §3.1: the CNAME has the DNAME's TTL.
    private mutating func redirect(
        _ name: DomainName,
        _ owner: DomainName,
        _ rrset: RRset
    ) -> DomainName? {
        guard let rdata = rrset.rdata.first, let end = RdataNames.target(rdata) else { return nil }
        reply.answer += rrset.records(owner: owner)
        let prefix = name.labels.dropLast(owner.labelCount)
        guard let target = try? DomainName(labels: prefix + end.labels) else {
            reply.responseCode = .nameShouldNotExist
            return nil
        }
        reply.answer.append(
            ResourceRecord(
                owner: name,
                type: .cname,
                ttlSeconds: rrset.ttlSeconds,
                rdata: target.wire
            )
        )
        // The CNAME is what such a question asks for.
        return type == .cname ? nil : target
    }
}
