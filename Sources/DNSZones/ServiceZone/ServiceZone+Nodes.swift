internal import DNSResponder
internal import DNSWire
internal import ServiceCatalog

extension ServiceZone {
    /// The names of the node with a name or UUID.
    func nodeChanges(_ nameOrID: String, _ catalog: borrowing Catalog) -> [TableChange] {
        let known = catalog.node(nameOrID) ?? catalog.node(id: nameOrID)
        let node = known.flatMap { visibility.showsNode($0.name) ? $0 : nil }
        let settings = settings
        let host = node.flatMap { aliasTarget(of: $0) }
        var changes: [TableChange] = []
        for owner in domains.flatMap({ $0.node(nameOrID) }) {
            guard let node else {
                changes.append(remove(owner))
                continue
            }
            let text = NodeText.rrset(node.meta, ttlSeconds: settings.nodeTTLSeconds)
            var rrsets = addressRRsets(node.ipAddresses, ttlSeconds: settings.nodeTTLSeconds)
            if settings.addsNodeText {
                let beside = text.flatMap { $0.records(at: owner) }
                for index in rrsets.indices { rrsets[index].additional = beside }
            }
            changes.append(
                put(
                    owner,
                    rrsets + text,
                    aliasTo: host,
                    ttlSeconds: settings.nodeTTLSeconds
                )
            )
        }
        return changes
    }

    /// The host name that a node has in place of addresses, unless it is the node's own.
    private func aliasTarget(of node: Node) -> DomainName? {
        guard node.ipAddresses.isEmpty, let host = ServiceNames.host(node.address) else {
            return nil
        }
        let own = domains.flatMap { $0.node(node.name) + $0.node(node.id) }
        return own.contains(host) ? nil : host
    }
}

extension PublishedRRset {
    /// Its records with an owner.
    func records(at owner: DomainName) -> [ResourceRecord] {
        rdata.map {
            ResourceRecord(owner: owner, type: type, ttlSeconds: ttlSeconds, rdata: $0)
        }
    }
}
