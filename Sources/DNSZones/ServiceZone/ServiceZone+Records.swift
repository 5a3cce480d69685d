internal import DNSResponder
internal import DNSWire
internal import ServiceCatalog

extension ServiceZone {
    /// One instance as answers need it.
    struct Endpoint {
        var instance: ServiceInstance
        var node: Node
        var health: HealthStatus
        /// Its IP addresses, at most one a family; empty when it has a host name.
        var addresses: [IPAddress]
        /// Its address as text: IP or host name.
        var host: String
    }

    /// The names of `service` and of the `touched` tags, as the catalog has them now.
    func serviceChanges(
        _ service: String,
        _ touched: TouchedTags,
        _ catalog: borrowing Catalog
    ) -> [TableChange] {
        var all: [Endpoint] = []
        var hiddenTags: Set<String> = []
        let visibility = visibility
        let isShown = visibility.showsService(service)
        for instance in catalog.instances(ofService: service) {
            guard let node = catalog.node(instance.node) else { continue }
            guard isShown, visibility.showsNode(node.name) else {
                hiddenTags.formUnion(instance.tags.map { $0.lowercased() })
                continue
            }
            all.append(
                Endpoint(instance, on: node, health: catalog.health(instance.key))
            )
        }
        var byTag: [String: [Endpoint]] = [:]
        for endpoint in all {
            for tag in Set(endpoint.instance.tags.map { $0.lowercased() })
            where touched.isAll || touched.tags.contains(tag) {
                byTag[tag, default: []].append(endpoint)
            }
        }
        let ttlSeconds = settings.serviceTTL.seconds(service)
        var changes: [TableChange] = []
        // What was shown before a rule hid it is in no event.
        let goneTags = touched.tags.union(touched.isAll ? hiddenTags : [])
            .filter { byTag[$0] == nil }
        for names in domains {
            for owner in goneTags.flatMap({ names.service(service, tag: $0) }) {
                changes.append(remove(owner))
            }
            let owners = names.service(service)
            if all.isEmpty {
                changes += owners.map { remove($0) }
            } else {
                changes += answers(all, at: owners, names, ttlSeconds: ttlSeconds)
            }
            for (tag, endpoints) in byTag {
                let owners = names.service(service, tag: tag)
                changes += answers(endpoints, at: owners, names, ttlSeconds: ttlSeconds)
            }
        }
        return changes
    }

    /// What each of `owners` answers about `endpoints`.
    private func answers(
        _ endpoints: [Endpoint],
        at owners: [DomainName],
        _ names: ServiceNames,
        ttlSeconds: UInt32
    ) -> [TableChange] {
        let up = endpoints.filter { isAnswered($0) }
        let down = endpoints.count - up.count
        let note =
            down == 0
            ? nil
            : ExtendedError(
                infoCode: ExtendedError.other,
                extraText: "\(down)/\(endpoints.count) unhealthy"
            )
        var rrsets = addressRRsets(up.flatMap(\.addresses), ttlSeconds: ttlSeconds)
        rrsets += serviceRRset(up, names, ttlSeconds: ttlSeconds)
        rrsets += textRRset(up, ttlSeconds: ttlSeconds)
        // Addresses beside an alias would contradict each other: the alias is for when there are
        // none.
        let host = up.contains { !$0.addresses.isEmpty } ? nil : up.first?.host
        return owners.map {
            put($0, rrsets, aliasTo: host, ttlSeconds: ttlSeconds, note: note)
        }
    }

    private func isAnswered(_ endpoint: Endpoint) -> Bool {
        guard !endpoint.instance.isDraining else { return false }
        return endpoint.health < (settings.onlyPassing ? .warning : .critical)
    }

    /// A and AAAA of `addresses`, each address once.
    func addressRRsets(_ addresses: [IPAddress], ttlSeconds: UInt32) -> [PublishedRRset] {
        var seen: Set<IPAddress> = []
        let once = addresses.filter { seen.insert($0).inserted }
        return [RecordType.a, .aaaa].compactMap { type in
            let rdata = once.filter { $0.recordType == type }.map(\.rdata)
            guard !rdata.isEmpty else { return nil }
            return PublishedRRset(type: type, ttlSeconds: ttlSeconds, rdata: rdata, rotates: true)
        }
    }

    /// SRV with the targets' addresses; instances that DNS cannot carry are left out.
    private func serviceRRset(
        _ endpoints: [Endpoint],
        _ names: ServiceNames,
        ttlSeconds: UInt32
    ) -> [PublishedRRset] {
        var seen: Set<[UInt8]> = []
        var rdata: [[UInt8]] = []
        var additional: Set<ResourceRecord> = []
        var ordered: [ResourceRecord] = []
        for endpoint in endpoints {
            guard let port = UInt16(exactly: endpoint.instance.port),
                let target = target(of: endpoint, names)
            else { continue }
            let weights = endpoint.instance.weights
            let weight = endpoint.health == .passing ? weights.passing : weights.warning
            let record = RData.srv(
                priority: 1,
                weight: UInt16(clamping: weight),
                port: port,
                target: target
            )
            guard seen.insert(record).inserted else { continue }
            rdata.append(record)
            for address in endpoint.addresses {
                let glue = ResourceRecord(
                    owner: target,
                    type: address.recordType,
                    ttlSeconds: ttlSeconds,
                    rdata: address.rdata
                )
                if additional.insert(glue).inserted { ordered.append(glue) }
            }
        }
        guard !rdata.isEmpty else { return [] }
        return [
            PublishedRRset(
                type: .srv,
                ttlSeconds: ttlSeconds,
                rdata: rdata,
                additional: ordered,
                rotates: true
            )
        ]
    }

    /// The name that SRV records give for an instance: the node's while it has the node's address,
    /// else the address's own, else its host name.
    private func target(of endpoint: Endpoint, _ names: ServiceNames) -> DomainName? {
        if let address = endpoint.addresses.first {
            if endpoint.instance.address.isEmpty,
                let node = names.canonicalNode(endpoint.node.name)
            {
                return node
            }
            return names.canonicalAddress(address)
        }
        return ServiceNames.host(endpoint.host)
    }

    /// One TXT record for each instance with meta, its pairs as `key=value` strings in order of
    /// key.
    ///
    /// RFC 6763 §6.3. A pair that is too long for one string is left out.
    private func textRRset(_ endpoints: [Endpoint], ttlSeconds: UInt32) -> [PublishedRRset] {
        let records = endpoints.compactMap { endpoint -> [UInt8]? in
            let pairs = endpoint.instance.meta.sorted { $0.key < $1.key }
                .map { "\($0.key)=\($0.value)" }.filter(\.isCharacterString)
            return pairs.isEmpty ? nil : RData.txt(pairs)
        }
        return PublishedRRset.text(records, ttlSeconds: ttlSeconds)
    }
}

extension ServiceZone.Endpoint {
    init(_ instance: ServiceInstance, on node: Node, health: HealthStatus) {
        self.instance = instance
        self.node = node
        self.health = health
        if instance.address.isEmpty {
            addresses = node.ipAddresses
            host = node.address
        } else {
            addresses = instance.ipAddresses
            host = instance.address
        }
    }
}
