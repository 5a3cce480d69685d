internal import DNSResponder
internal import DNSWire
internal import ServiceCatalog

extension ServiceZone {
    /// The names of the node with a name or UUID.
    func nodeChanges(
        _ nameOrID: String,
        _ catalog: borrowing Catalog,
        into changes: inout [TableChange]
    ) {
        let known = catalog.node(nameOrID) ?? catalog.node(id: nameOrID)
        let current = current
        guard let node = known, current.visibility.showsNode(node.name) else {
            for names in domains { remove(names.node(nameOrID), into: &changes) }
            return
        }
        let ttlSeconds = current.settings.nodeTTLSeconds
        let host = aliasTarget(of: node)
        let text = NodeText.rrset(node.meta, ttlSeconds: ttlSeconds)
        let addresses = addressRRsets(node.ipAddresses, ttlSeconds: ttlSeconds)
        for names in domains {
            let owners = names.node(nameOrID)
            guard !text.isEmpty, current.settings.addsNodeText else {
                put(
                    owners,
                    addresses + text,
                    aliasTo: host,
                    ttlSeconds: ttlSeconds,
                    into: &changes
                )
                continue
            }
            for owner in owners {
                var rrsets = addresses
                let beside = text.flatMap { $0.records(at: owner) }
                for index in rrsets.indices { rrsets[index].additional = beside }
                put(
                    [owner],
                    rrsets + text,
                    aliasTo: host,
                    ttlSeconds: ttlSeconds,
                    into: &changes
                )
            }
        }
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
