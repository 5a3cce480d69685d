internal import ServiceCatalog

/// The tags of one service whose answers a change may have altered.
struct TouchedTags {
    /// True: all that the service has now.
    var isAll = false
    /// True: not only the catalog may have changed, but what is shown of it and how.
    var isAnew = false
    /// In lower case; also those that the service no longer has.
    var tags: Set<String> = []
    /// The instances that came, went or changed, or whose node or health did.
    var instances: Set<InstanceKey> = []

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
    /// The services whose answers may have changed, and their touched tags.
    ///
    /// A check that only reports something new touches nothing.
    func touchedServices(
        _ delta: CatalogDelta,
        _ catalog: borrowing Catalog
    ) -> [(service: String, tags: TouchedTags)] {
        var touched: [String: (service: String, tags: TouchedTags)] = [:]
        var wholeNodes: Set<String> = []
        func touch(_ service: String, _ body: (inout TouchedTags) -> Void) {
            body(&touched[Catalog.fold(service), default: (service, TouchedTags())].tags)
        }
        for event in delta.events {
            switch event {
            case .instance(let old, let new):
                for case let instance? in [old, new] {
                    touch(instance.service) {
                        $0.add(instance.tags)
                        $0.instances.insert(instance.key)
                    }
                }
            case .check(let old, let new):
                if let old, let new, old.saysTheSame(as: new) { continue }
                for case let check? in [old, new] {
                    if check.serviceID.isEmpty {
                        wholeNodes.insert(check.node)
                    } else if !check.serviceName.isEmpty {
                        touch(check.serviceName) {
                            $0.add(check.serviceTags)
                            $0.instances.insert(
                                InstanceKey(node: check.node, id: check.serviceID)
                            )
                        }
                    }
                }
            case .node(let old, let new):
                if let node = new ?? old { wholeNodes.insert(node.name) }
            case .keyValue, .session, .preparedQuery, .accessPolicy, .accessToken: continue
            }
        }
        for node in wholeNodes {
            catalog.forEachInstance(onNode: node) { instance in
                touch(instance.service) {
                    $0.isAll = true
                    $0.instances.insert(instance.key)
                }
            }
        }
        return touched.values.sorted { $0.service < $1.service }
    }
}

extension HealthCheck {
    /// True when `other` decides the same about the same instance.
    fileprivate func saysTheSame(as other: HealthCheck) -> Bool {
        status == other.status && serviceID == other.serviceID
            && serviceName == other.serviceName
    }
}
