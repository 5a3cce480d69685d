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
        let (all, hiddenTags) = collected(service, catalog)
        var byTag: [String: [Endpoint]] = [:]
        if touched.isAll || !touched.tags.isEmpty {
            for endpoint in all where !endpoint.instance.tags.isEmpty {
                for tag in Set(endpoint.instance.tags.map { $0.lowercased() })
                where touched.isAll || touched.tags.contains(tag) {
                    byTag[tag, default: []].append(endpoint)
                }
            }
        }
        // What was shown before a rule hid it is in no event.
        let gone = touched.tags.union(touched.isAll ? hiddenTags : []).filter { byTag[$0] == nil }
        for tag in gone { self.changes(service, tag: tag, [], catalog, into: &changes) }
        self.changes(service, tag: nil, all, catalog, into: &changes)
        for (tag, endpoints) in byTag {
            self.changes(service, tag: tag, endpoints, catalog, into: &changes)
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
                Endpoint(instance, on: node, health: health) { isName($0, of: instance) }
            )
        }
        return (shown, hiddenTags)
    }

    /// True for the names of the instance's service and of its tags.
    private func isName(_ host: DomainName, of instance: ServiceInstance) -> Bool {
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
        _ endpoints: [Endpoint],
        _ catalog: borrowing Catalog,
        into changes: inout [TableChange]
    ) {
        let path = ServiceNames.path(service, tag: tag)
        guard let labels = ServiceNames.labels(path) else { return }
        let serviceLabels = service.utf8.count { $0 == UInt8(ascii: ".") } + 1
        let isTaken = isTaken(labels, fromServiceOf: serviceLabels, catalog)
        guard endpoints.isEmpty else {
            let content = SharedContent(endpoints, about: service, self)
            for names in domains {
                let owners = isTaken ? [] : names.service(path)
                let all = owners + names.underscored(service, tag: tag)
                put(content, at: all, names, into: &changes)
            }
            return
        }
        let heir = isTaken ? nil : heir(labels, ofServiceOf: serviceLabels, catalog)
        for names in domains {
            remove(names.underscored(service, tag: tag), into: &changes)
            if let heir {
                let content = SharedContent(heir.endpoints, about: heir.service, self)
                put(content, at: names.service(path), names, into: &changes)
            } else if !isTaken {
                remove(names.service(path), into: &changes)
            }
        }
    }

    /// What the names of a service say alike in all domains.
    private struct SharedContent {
        let service: String
        let up: [Endpoint]
        let note: ExtendedError?
        let ttlSeconds: UInt32

        init(_ endpoints: [Endpoint], about service: String, _ zone: ServiceZone) {
            let settings = zone.current.settings
            self.service = service
            up = endpoints.filter { $0.isAnswered(onlyPassing: settings.onlyPassing) }
            note = ServiceZone.unhealthyNote(endpoints.count - up.count, of: endpoints.count)
            ttlSeconds = settings.serviceTTL.seconds(service)
        }
    }

    /// Each of `owners` answers `shared`.
    private func put(
        _ shared: SharedContent,
        at owners: [DomainName],
        _ names: ServiceNames,
        into changes: inout [TableChange]
    ) {
        guard !owners.isEmpty else { return }
        let content = content(
            of: shared.up,
            about: shared.service,
            names,
            ttlSeconds: shared.ttlSeconds
        )
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
        var addresses = addressRRsets(up.flatMap(\.addresses), ttlSeconds: ttlSeconds)
        for index in addresses.indices {
            addresses[index].limit.records = settings.limits.addressesMax(service)
        }
        var rrsets =
            addresses
            + serviceRRset(up, names, ttlSeconds: ttlSeconds, settings)
            + textRRset(up, ttlSeconds: ttlSeconds)
        for index in rrsets.indices {
            rrsets[index].limit.recordsInSmallReply = settings.limits.smallReplyMax
        }
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
        var seen: Set<IPAddress> = []
        let once = addresses.filter { seen.insert($0).inserted }
        return [RecordType.a, .aaaa].compactMap { type in
            let rdata = once.filter { $0.recordType == type }.map(\.rdata)
            guard !rdata.isEmpty else { return nil }
            return PublishedRRset(
                type: type,
                ttlSeconds: ttlSeconds,
                rdata: Array(rdata.prefix(PublishedRRset.recordsMax)),
                rotates: true
            )
        }
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
            for target in endpoint.targets(names) {
                records.add(target, weight: endpoint.weight)
            }
        }
        if settings.addsNodeText {
            for node in endpoints.map(\.node) where !node.meta.isEmpty {
                records.add(node, names)
            }
        }
        return records.rrset.map { [$0] } ?? []
    }

    /// One TXT record for each instance with meta, its pairs as `key=value` strings in order of
    /// key.
    ///
    /// RFC 6763 §6.3. A pair that is too long for one string is left out.
    private func textRRset(_ endpoints: [Endpoint], ttlSeconds: UInt32) -> [PublishedRRset] {
        let records = endpoints.compactMap { endpoint -> [UInt8]? in
            guard !endpoint.instance.meta.isEmpty else { return nil }
            let pairs = endpoint.instance.meta.sorted { $0.key < $1.key }
                .map { "\($0.key)=\($0.value)" }.filter(\.isCharacterString)
            return pairs.isEmpty ? nil : RData.txt(pairs)
        }
        return PublishedRRset.text(records, ttlSeconds: ttlSeconds)
    }
}

extension Endpoint {
    /// False for one that is down or leaves.
    fileprivate func isAnswered(onlyPassing: Bool) -> Bool {
        !instance.isDraining && health < (onlyPassing ? .warning : .critical)
    }

    /// The weight of its SRV record, by its health.
    fileprivate var weight: UInt16 {
        let weights = instance.weights
        return UInt16(clamping: health == .passing ? weights.passing : weights.warning)
    }
}
