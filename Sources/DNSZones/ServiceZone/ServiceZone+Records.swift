internal import DNSResponder
internal import DNSWire
internal import ServiceCatalog

extension ServiceZone {
    /// The names of `service` and of the `touched` tags, as the catalog has them now.
    func serviceChanges(
        _ service: String,
        _ touched: TouchedTags,
        _ catalog: borrowing Catalog,
        into changes: inout [TableChange]
    ) {
        if let contents = largeContents(service, touched, catalog) {
            for (tag, content) in contents {
                self.changes(service, tag: tag, content, catalog, into: &changes)
            }
            return
        }
        let (all, hiddenTags) = collected(service, catalog)
        var byTag: [String: [Endpoint]] = [:]
        if touched.isAll || !touched.tags.isEmpty {
            for endpoint in all where !endpoint.tags.isEmpty {
                for tag in Set(endpoint.tags.map { $0.lowercased() })
                where touched.isAll || touched.tags.contains(tag) {
                    byTag[tag, default: []].append(endpoint)
                }
            }
        }
        // What was shown before a rule hid it is in no event.
        let gone = touched.tags.union(touched.isAll ? hiddenTags : []).filter { byTag[$0] == nil }
        for tag in gone {
            self.changes(service, tag: tag, .endpoints([]), catalog, into: &changes)
        }
        self.changes(service, tag: nil, .endpoints(all), catalog, into: &changes)
        for (tag, endpoints) in byTag {
            self.changes(service, tag: tag, .endpoints(endpoints), catalog, into: &changes)
        }
    }

    /// The instances of a service that may be shown, and the tags of the others.
    func collected(
        _ service: String,
        _ catalog: borrowing Catalog
    ) -> (shown: [Endpoint], hiddenTags: Set<String>) {
        var shown: [Endpoint] = []
        var hiddenTags: Set<String> = []
        let visibility = visibility
        let isShown = visibility.showsService(service)
        catalog.forEachInstance(ofService: service) { instance, node, health in
            guard isShown, visibility.showsNode(node.name) else {
                hiddenTags.formUnion(instance.tags.map { $0.lowercased() })
                return
            }
            shown.append(
                Endpoint(
                    instance,
                    on: node,
                    health: health,
                    isInMaintenance: isInMaintenance(instance, health: health, catalog)
                ) { isName($0, of: instance) }
            )
        }
        return (shown, hiddenTags)
    }

    /// True for the names of the instance's service and of its tags.
    func isName(_ host: DomainName, of instance: ServiceInstance) -> Bool {
        domains.contains { names in
            host.isSubdomain(of: names.domain)
                && (names.all(instance.service).contains(host)
                    || instance.tags.contains {
                        names.all(instance.service, tag: $0).contains(host)
                    })
        }
    }

    /// What is at the names of a service, or of one of its tags; without `endpoints` they go.
    private func changes(
        _ service: String,
        tag: String?,
        _ content: LargeService.Content,
        _ catalog: borrowing Catalog,
        into changes: inout [TableChange]
    ) {
        let path = ServiceNames.path(service, tag: tag)
        let serviceLabels = service.utf8.count { $0 == UInt8(ascii: ".") } + 1
        // The path is only taken apart where its dots can be read in two ways.
        let isPlain = serviceLabels == 1 && (tag == nil || !content.isEmpty)
        let labels = isPlain ? [] : ServiceNames.labels(path)
        guard let labels else { return }
        let isTaken = isTaken(labels, fromServiceOf: serviceLabels, catalog)
        guard content.isEmpty else {
            let shared = SharedContent(content, about: service, self)
            if tag == nil { notePanic(shared.isPanic, of: service) }
            for (domain, names) in domains.enumerated() {
                let owners = isTaken ? [] : names.service(path)
                let all = owners + names.underscored(service, tag: tag)
                put(shared, at: all, domain: domain, into: &changes)
            }
            return
        }
        if tag == nil { notePanic(false, of: service) }
        let heir = isTaken ? nil : heir(labels, ofServiceOf: serviceLabels, catalog)
        for (domain, names) in domains.enumerated() {
            remove(names.underscored(service, tag: tag), into: &changes)
            if let heir {
                let shared = SharedContent(.endpoints(heir.endpoints), about: heir.service, self)
                put(shared, at: names.service(path), domain: domain, into: &changes)
            } else if !isTaken {
                remove(names.service(path), into: &changes)
            }
        }
    }

    /// What the names of a service say alike in all domains.
    private struct SharedContent {
        let service: String
        /// Those that are answered.
        let up: LargeService.Content
        let note: ExtendedError?
        /// True when unhealthy ones are among them.
        let isPanic: Bool
        let ttlSeconds: UInt32

        init(_ content: LargeService.Content, about service: String, _ zone: ServiceZone) {
            let settings = zone.current.settings
            self.service = service
            switch content {
            case .endpoints(let all):
                let answered = AnsweredEndpoints(all, of: service, settings)
                up = .endpoints(answered.endpoints)
                note = answered.note
                isPanic = answered.isPanic
            case .packed(let part):
                up = content
                isPanic = false
                note = ServiceZone.unhealthyNote(part.count - part.upCount, of: part.count)
            }
            ttlSeconds = settings.serviceTTL.seconds(service)
        }
    }

    /// Each of `owners` answers `shared`.
    private func put(
        _ shared: SharedContent,
        at owners: [DomainName],
        domain: Int,
        into changes: inout [TableChange]
    ) {
        guard !owners.isEmpty else { return }
        let content =
            switch shared.up {
            case .endpoints(let up):
                content(
                    of: up,
                    about: shared.service,
                    domains[domain],
                    ttlSeconds: shared.ttlSeconds
                )
            case .packed(let part):
                Content(
                    rrsets: limited(
                        part.rrsets(domain: domain, ttlSeconds: shared.ttlSeconds),
                        shared.service
                    ),
                    host: nil,
                    leadsToUs: false
                )
            }
        put(
            owners,
            content.rrsets,
            aliasTo: content.host,
            followsTargets: content.leadsToUs,
            ttlSeconds: shared.ttlSeconds,
            note: shared.note,
            into: &changes
        )
    }

    /// The RRsets of a service with the limits that somebody chose.
    private func limited(_ rrsets: [PublishedRRset], _ service: String) -> [PublishedRRset] {
        let limits = current.settings.limits
        var rrsets = rrsets
        for index in rrsets.indices {
            if [.a, .aaaa].contains(rrsets[index].type) {
                rrsets[index].limit.records = limits.addressesMax(service)
            }
            rrsets[index].limit.recordsInSmallReply = limits.smallReplyMax
        }
        return rrsets
    }

    /// What an answer says about instances that were left out; nil when none was.
    static func unhealthyNote(_ down: Int, of all: Int) -> ExtendedError? {
        guard down > 0 else { return nil }
        return ExtendedError(
            infoCode: ExtendedError.other,
            extraText: "\(down)/\(all) unhealthy"
        )
    }

    /// What is at a name that stands for instances of a service.
    struct Content {
        var rrsets: [PublishedRRset]
        /// The host name that stands for them when none has an address.
        var host: DomainName?
        /// True when a host name among them lies in one of our zones.
        var leadsToUs: Bool
    }

    /// The records of `up`, which are to be answered, in this order.
    func content(
        of up: [Endpoint],
        about service: String,
        _ names: ServiceNames,
        ttlSeconds: UInt32
    ) -> Content {
        let settings = current.settings
        let addresses = addressRRsets(up.flatMap(\.addresses), ttlSeconds: ttlSeconds)
        let rrsets = limited(
            addresses
                + serviceRRset(up, names, ttlSeconds: ttlSeconds, settings)
                + PublishedRRset.text(up.compactMap(\.text), ttlSeconds: ttlSeconds),
            service
        )
        let hosts = up.compactMap(\.host)
        // A CNAME may not stand beside other data (RFC 1034 §3.6.2), so addresses win over host
        // names, and of several host names the first one wins.
        return Content(
            rrsets: rrsets,
            host: addresses.isEmpty ? hosts.first : nil,
            leadsToUs: hosts.contains { isServedHere($0) }
        )
    }

    /// A and AAAA of `addresses`, each address once.
    func addressRRsets(_ addresses: [IPAddress], ttlSeconds: UInt32) -> [PublishedRRset] {
        var seen = FirstPlaces<IPAddress>()
        var v4: [[UInt8]] = []
        var v6: [[UInt8]] = []
        for address in addresses where seen.insert(address, 0) == nil {
            switch address {
            case .v4: v4.append(address.rdata)
            case .v6: v6.append(address.rdata)
            }
        }
        var rrsets: [PublishedRRset] = []
        for (type, rdata) in [(RecordType.a, v4), (.aaaa, v6)] where !rdata.isEmpty {
            rrsets.append(
                PublishedRRset(
                    type: type,
                    ttlSeconds: ttlSeconds,
                    rdata: Array(rdata.prefix(PublishedRRset.recordsMax)),
                    rotates: true
                )
            )
        }
        return rrsets
    }

    /// SRV with the targets' addresses, then the nodes' meta; instances that DNS cannot carry are
    /// left out.
    private func serviceRRset(
        _ endpoints: [Endpoint],
        _ names: ServiceNames,
        ttlSeconds: UInt32,
        _ settings: ServiceZoneSettings
    ) -> [PublishedRRset] {
        var records = ServiceRecords(ttlSeconds: ttlSeconds)
        for endpoint in endpoints {
            endpoint.forEachTarget(names) { records.add($0, weight: endpoint.weight) }
        }
        if settings.addsNodeText {
            for endpoint in endpoints { records.addNode(of: endpoint, names) }
        }
        return records.rrset.map { [$0] } ?? []
    }
}

extension LargeService.Content {
    fileprivate var isEmpty: Bool {
        if case .endpoints(let all) = self { all.isEmpty } else { false }
    }
}
