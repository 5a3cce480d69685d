package import DNSResponder
package import DNSWire
package import ServiceCatalog
internal import Synchronization

/// The catalog's names as the slow path asks them: its aliases, and for the rest the answer table.
package final class ServiceZoneLookup: InZoneLookup {
    let zone: ServiceZone
    let keeper: CatalogKeeper
    /// Nil: there are no prepared queries.
    private let queries: PreparedQueryAnswers?
    /// Nil when the table has no reader left; the catalog's names are then unknown here.
    private let server: Mutex<InProcessServer?>

    /// NULL (RFC 1035 §3.3.10), which no name of the catalog has.
    private static let absentType = RecordType(rawValue: 10)

    /// Takes one of the readers of `table`.
    package init(
        zone: ServiceZone,
        table: AnswerTable,
        keeper: CatalogKeeper,
        queries: PreparedQueryAnswers? = nil
    ) {
        self.zone = zone
        self.keeper = keeper
        self.queries = queries
        self.server = Mutex(
            InProcessServer(
                configuration: ResponderConfiguration(listen: []),
                table: table,
                fallback: NoFallback()
            )
        )
    }

    package func apex(enclosing name: DomainName) -> DomainName? {
        let settings = zone.current.settings
        let apexes = settings.domains + settings.reverseZones
        let nearest = apexes.filter { name.isSubdomain(of: $0) }
            .max { $0.labelCount < $1.labelCount }
        return nearest ?? reverseName(enclosing: name)?.aloneApex
    }

    package func find(_ name: DomainName, _ type: RecordType) -> InZoneFinding {
        find(name, type, client: nil)
    }

    /// `client` has a say in which records it gets where there is a limit.
    private func find(
        _ name: DomainName,
        _ type: RecordType,
        client: IPAddress?
    ) -> InZoneFinding {
        if let alias = zone.aliases.withLock({ $0[name] }) {
            return find(type, name, alias)
        }
        if let reverse = reverseName(enclosing: name) {
            let soa = reverse.aloneApex == nil ? negativeSOA(name) : nil
            return reverse.find(name, type, zoneSOA: soa)
        }
        if type == .ds, apex(enclosing: name) == name {
            return noDelegationSigner(name)
        }
        return ask(name, type, client: client)
    }

    /// DS at an apex, which the table leaves to the slow path: there is none, says the zone above.
    private func noDelegationSigner(_ apex: DomainName) -> InZoneFinding {
        let above = apex.parent.flatMap { self.apex(enclosing: $0) } ?? apex
        guard let soa = negativeSOA(above) else { return .records([]) }
        return .noData(soa: soa)
    }

    package func find(
        _ name: DomainName,
        _ type: RecordType,
        for query: FallbackQuery
    ) -> ScopedFinding {
        guard let asked = PreparedQueryName(name, in: zone.domains) else {
            return ScopedFinding(find(name, type, client: query.client))
        }
        switch queries?.answer(asked, at: name, for: query, zone) ?? .nothing {
        case .nothing: return ScopedFinding(nameError(name))
        case .nothingHere:
            return ScopedFinding(find(type, name, ServiceAlias(record: nil, rrsets: [], note: nil)))
        case .records(let alias, let bits):
            return ScopedFinding(find(type, name, alias), scopePrefixLength: bits)
        }
    }

    /// The reverse name of an address of the catalog at or above `name`, if it is ours to answer.
    private func reverseName(enclosing name: DomainName) -> ReverseName? {
        guard let address = IPAddress(enclosingReverseName: name) else { return nil }
        return keeper.read { ReverseName(address, zone, $0) }
    }

    private func nameError(_ name: DomainName) -> InZoneFinding {
        guard let soa = negativeSOA(name) else { return .records([]) }
        return .nameError(soa: soa, note: zone.visibility.nameErrorNote)
    }

    /// The SOA of the zone of `name`, as negative answers have it: the table knows it.
    private func negativeSOA(_ name: DomainName) -> ResourceRecord? {
        guard let apex = apex(enclosing: name),
            case .noData(let soa, _) = ask(apex, Self.absentType)
        else { return nil }
        return soa
    }

    private func find(
        _ type: RecordType,
        _ name: DomainName,
        _ alias: ServiceAlias
    ) -> InZoneFinding {
        if let record = alias.record, type == .cname || type == .any {
            return .records([record], note: alias.note)
        }
        if let rrset = alias.rrsets.first(where: { $0.type == type || type == .any }) {
            return .records(
                rrset.records(at: name),
                additional: rrset.additional,
                note: alias.note
            )
        }
        if let record = alias.record { return .alias(record, note: alias.note) }
        guard let soa = negativeSOA(name) else { return .records([], note: alias.note) }
        return .noData(soa: soa, note: alias.note)
    }

    /// Asks the table by a message, as a client over TCP would.
    func ask(
        _ name: DomainName,
        _ type: RecordType,
        client: IPAddress? = nil
    ) -> InZoneFinding {
        let query = Message.query(
            id: 0,
            name: name,
            type: type,
            edns: EDNS(udpPayloadBytes: .max)
        )
        let message = query.encoded()
        guard let bytes = server.withLock({ $0?.serve(message, overTCP: true, client: client) }),
            let reply = try? Message(decoding: bytes)
        else { return .records([]) }
        let note = reply.edns?.extendedErrors.first
        guard reply.answer.isEmpty, let soa = reply.authority.first(where: { $0.type == .soa })
        else { return .records(reply.answer, additional: reply.additional, note: note) }
        return reply.responseCode == .nameError
            ? .nameError(soa: soa, note: note) : .noData(soa: soa, note: note)
    }
}

/// Aliases are looked up before the table is asked, so nothing is left for a slow path.
private struct NoFallback: QueryFallback {
    func answer(_ query: FallbackQuery) -> FallbackReply {
        FallbackReply(responseCode: .serverFailure, isAuthoritative: false)
    }
}
