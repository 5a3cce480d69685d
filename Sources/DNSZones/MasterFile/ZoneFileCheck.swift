internal import DNSWire

/// What a zone as a whole must obey before it is served.
struct ZoneFileCheck {
    private let path: String
    private let all: [SourcedRecord]
    private var warnings: [ZoneFileWarning]

    /// The records of one type at one name.
    private struct Group {
        /// Positions in `kept`.
        var positions: [Int] = []
        var rdata: Set<[UInt8]> = []
        var ttlSeconds: UInt32
        var hasMixedTTLs = false
        /// What the records take in a message, the owners compressed.
        var messageBytes = 0
    }

    /// A message without its header, question and OPT record, each as long as it can be.
    private static let rrsetBytesMax =
        WireLimits.messageBytesMax - WireLimits.headerBytes - WireLimits.nameBytesMax - 4 - 256

    private var apex = DomainName.root
    private var kept: [SourcedRecord] = []
    private var groups: [DomainName: [RecordType: Group]] = [:]

    init(path: String, records: [SourcedRecord], warnings: [ZoneFileWarning]) {
        self.path = path
        self.all = records
        self.warnings = warnings
    }

    /// The checked file, or its first fault.
    mutating func run() throws(ZoneFileError) -> ZoneFile {
        let soa = try onlySOA()
        apex = soa.record.owner
        guard let authority = StartOfAuthority(rdata: soa.record.rdata) else {
            throw fault(soa, "bad SOA data")
        }
        for sourced in all {
            guard sourced.record.owner.isSubdomain(of: apex) else {
                let message =
                    "\(sourced.record.owner) lies outside of the zone; "
                    + "expected a name at or below \(apex)"
                throw fault(sourced, message)
            }
            try group(sourced)
        }
        guard groups[apex]?[.ns] != nil else {
            throw fault(
                soa,
                "the zone \(apex) has no name servers; expected NS records at the apex"
            )
        }
        let records = recordsWithOneTTL()
        warnAboutOddities()
        let ttlSeconds = groups[apex]?[.soa]?.ttlSeconds ?? soa.record.ttlSeconds
        return ZoneFile(
            path: path,
            apex: apex,
            soa: authority.publishedZone(apex: apex, ttlSeconds: ttlSeconds),
            records: records,
            warnings: warnings
        )
    }

    private func onlySOA() throws(ZoneFileError) -> SourcedRecord {
        let found = all.filter { $0.record.type == .soa }
        guard let first = found.first else {
            let message = "no SOA record; expected one, at the apex of the zone"
            throw ZoneFileError(file: path, line: 1, message: message)
        }
        if let second = found.dropFirst().first {
            let place =
                first.file == second.file ? "line \(first.line)" : "\(first.file):\(first.line)"
            throw fault(second, "a second SOA record; expected only the one in \(place)")
        }
        return first
    }

    // MARK: Names and RRsets

    private mutating func group(_ sourced: SourcedRecord) throws(ZoneFileError) {
        let record = sourced.record
        // Taken out and put back: a set that two hold is copied for each of its records.
        var types = groups.removeValue(forKey: record.owner) ?? [:]
        var group = types.removeValue(forKey: record.type) ?? Group(ttlSeconds: record.ttlSeconds)
        guard group.rdata.insert(Self.comparable(record)).inserted else {
            types[record.type] = group
            groups[record.owner] = types
            warn(sourced, "\(record.owner) \(record.type) is a duplicate and left out")
            return
        }
        if group.ttlSeconds != record.ttlSeconds {
            group.ttlSeconds = min(group.ttlSeconds, record.ttlSeconds)
            if !group.hasMixedTTLs {
                warn(
                    sourced,
                    "the \(record.type) records of \(record.owner) have different TTLs; "
                        + "the smallest is used"
                )
            }
            group.hasMixedTTLs = true
        }
        group.positions.append(kept.count)
        let wasSendable = group.messageBytes <= Self.rrsetBytesMax
        group.messageBytes += 12 + record.rdata.count
        if wasSendable, group.messageBytes > Self.rrsetBytesMax {
            warn(
                sourced,
                "the \(record.type) records of \(record.owner) are too many for one message"
            )
        }
        types[record.type] = group
        groups[record.owner] = types
        kept.append(sourced)
        try checkCompany(sourced, types)
    }

    /// Which types may share a name (RFC 1034 §3.6.2, RFC 2181 §10.1, RFC 6672 §2.3 and §2.4).
    private func checkCompany(
        _ sourced: SourcedRecord,
        _ types: [RecordType: Group]
    ) throws(ZoneFileError) {
        let owner = sourced.record.owner
        for single in [RecordType.cname, .dname] where types[single]?.positions.count ?? 0 > 1 {
            throw fault(sourced, "a second \(single) record at \(owner); expected one")
        }
        let others = types.keys.filter { ![.cname, .rrsig, .nsec].contains($0) }
        if types[.cname] != nil, !others.isEmpty {
            throw fault(
                sourced,
                "CNAME beside other records at \(owner); expected the CNAME alone (RFC 1034 §3.6.2)"
            )
        }
        if types[.dname] != nil, types[.ns] != nil, owner != apex {
            throw fault(
                sourced,
                "DNAME beside NS at \(owner); expected one of them (RFC 6672 §2.3)"
            )
        }
    }

    /// The rdata in a form in which equal data are equal bytes.
    private static func comparable(_ record: ResourceRecord) -> [UInt8] {
        switch record.type {
        case .ns, .cname, .dname, .ptr: record.rdata.map(DomainName.fold)
        default: record.rdata
        }
    }

    private func recordsWithOneTTL() -> [ResourceRecord] {
        kept.map { sourced in
            var record = sourced.record
            record.ttlSeconds = groups[record.owner]?[record.type]?.ttlSeconds ?? record.ttlSeconds
            return record
        }
    }

    // MARK: Warnings

    private mutating func warnAboutOddities() {
        var isSigned = false
        for sourced in kept {
            let record = sourced.record
            if let ancestor = occluder(of: record.owner) {
                let isGlue = ancestor.type == .ns && [.a, .aaaa].contains(record.type)
                if !isGlue {
                    warn(
                        sourced,
                        "\(record.owner) \(record.type) is never answered: "
                            + "it lies below the \(ancestor.type) record of \(ancestor.name)"
                    )
                }
            } else if record.owner.isWildcard, [.ns, .dname, .ds].contains(record.type) {
                warn(
                    sourced,
                    "\(record.type) at the wildcard \(record.owner) has no effect on other names"
                )
            } else if record.type == .ns, record.owner != apex {
                warnAboutMissingGlue(sourced)
            }
            if [.rrsig, .nsec, .dnskey].contains(record.type), !isSigned {
                isSigned = true
                warn(sourced, "a signed zone; its answers go out without signatures")
            }
        }
    }

    /// The nearest name above `name` that hides it.
    private func occluder(of name: DomainName) -> (name: DomainName, type: RecordType)? {
        var current = name
        while current != apex, let parent = current.parent {
            current = parent
            let types = groups[current] ?? [:]
            if types[.ns] != nil, current != apex { return (current, .ns) }
            if types[.dname] != nil { return (current, .dname) }
        }
        return nil
    }

    private mutating func warnAboutMissingGlue(_ sourced: SourcedRecord) {
        guard let target = RdataNames.target(sourced.record.rdata),
            target.isSubdomain(of: sourced.record.owner),
            groups[target]?[.a] == nil, groups[target]?[.aaaa] == nil
        else { return }
        warn(
            sourced,
            "the name server \(target) lies below its own delegation but has no address here"
        )
    }

    private mutating func warn(_ sourced: SourcedRecord, _ message: String) {
        let warning = ZoneFileWarning(file: sourced.file, line: sourced.line, message: message)
        warnings.append(warning)
    }

    private func fault(_ sourced: SourcedRecord, _ message: String) -> ZoneFileError {
        ZoneFileError(file: sourced.file, line: sourced.line, message: message)
    }
}
