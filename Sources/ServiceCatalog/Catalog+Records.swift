// What the catalog files under the name of a node or a service.
extension Catalog {
    /// A node and all that is on it.
    struct NodeRecord: Sendable {
        var node: Node
        var instances = HashTrie<String, ServiceInstance>()
        var checks = HashTrie<String, HealthCheck>()
        /// Ids of the checks of each instance; the checks of the node itself are under "".
        var checkIDs = HashTrie<String, [String]>()
        /// The worst of the node's own checks.
        var health = HealthStatus.passing
        /// The index of the last change to the node or to anything on it.
        var modifyIndex: CatalogIndex

        init(node: Node, modifyIndex: CatalogIndex) {
            self.node = node
            self.modifyIndex = modifyIndex
        }

        /// The worst of the checks that are filed under an instance's id, or under "".
        func health(ofInstance id: String) -> HealthStatus {
            guard !checkIDs.isEmpty, let ids = checkIDs[id] else { return .passing }
            return ids.lazy.compactMap { checks[$0]?.status }.max() ?? .passing
        }
    }

    /// A service and its instances.
    struct ServiceRecord: Sendable {
        /// As first registered.
        var name: String
        /// In order of folded node name, then instance id.
        var members: [Member] = []
        var modifyIndex: CatalogIndex

        /// An instance and the worst of its own checks.
        struct Member: Sendable {
            var instance: ServiceInstance
            var health: HealthStatus
        }

        /// Where the instance with a key, whose node is folded, stands or would have to be put.
        func position(of key: InstanceKey) -> Int {
            members.firstIndex(whereAllFollowing: { member in
                let node = Catalog.fold(member.instance.node)
                return node == key.node ? member.instance.id >= key.id : node > key.node
            })
        }

        /// Where the instance with a key, whose node is folded, stands.
        func firstIndex(of key: InstanceKey) -> Int? {
            let position = position(of: key)
            guard position < members.count, members[position].instance.id == key.id,
                Catalog.fold(members[position].instance.node) == key.node
            else { return nil }
            return position
        }
    }

    /// What an empty record loses: the name that a service was first registered with, and indexes.
    struct VanishedRecords: Sendable {
        var services: [String: (name: String, modifyIndex: CatalogIndex)] = [:]
        var nodes: [String: CatalogIndex] = [:]
    }
}
