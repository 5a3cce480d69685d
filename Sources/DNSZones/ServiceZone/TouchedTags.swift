internal import ServiceCatalog

/// The tags of one service whose answers a change may have altered.
struct TouchedTags {
    /// True: all that the service has now.
    var isAll = false
    /// In lower case; also those that the service no longer has.
    var tags: Set<String> = []

    mutating func add(_ more: [String]) {
        tags.formUnion(more.map { $0.lowercased() })
    }
}

extension CatalogDelta {
    /// Names and UUIDs of nodes that came, went or changed themselves.
    var touchedNodes: Set<String> {
        var names: Set<String> = []
        for case .node(let old, let new) in events {
            for case let node? in [old, new] {
                names.insert(node.name)
                if !node.id.isEmpty { names.insert(node.id) }
            }
        }
        return names
    }
}

extension ServiceZone {
    /// The touched tags by folded service name.
    func touchedTags(
        _ delta: CatalogDelta,
        _ catalog: borrowing Catalog
    ) -> [String: TouchedTags] {
        var touched: [String: TouchedTags] = [:]
        var wholeNodes: Set<String> = []
        for event in delta.events {
            switch event {
            case .instance(let old, let new):
                for case let instance? in [old, new] {
                    touched[Catalog.fold(instance.service), default: TouchedTags()]
                        .add(instance.tags)
                }
            case .check(let old, let new):
                for case let check? in [old, new] {
                    if check.serviceID.isEmpty {
                        wholeNodes.insert(check.node)
                    } else {
                        touched[Catalog.fold(check.serviceName), default: TouchedTags()]
                            .add(check.serviceTags)
                    }
                }
            case .node(let old, let new):
                if let node = new ?? old { wholeNodes.insert(node.name) }
            case .keyValue, .session, .preparedQuery, .accessPolicy, .accessToken: continue
            }
        }
        for node in wholeNodes {
            for instance in catalog.instances(onNode: node) {
                touched[Catalog.fold(instance.service), default: TouchedTags()].isAll = true
            }
        }
        return touched
    }
}
