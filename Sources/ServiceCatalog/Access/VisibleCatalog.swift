/// The catalog as one token sees it: what the token may not read is not there.
///
/// Reads go through it, so that no list can forget to leave something out. The instances of a
/// service take permission to read the service and their node, a check the same, a node itself.
///
/// Cost: with a token that may do everything, nothing is looked at twice.
package struct VisibleCatalog {
    private let catalog: Catalog
    private let authorizer: Authorizer
    /// True once something was left out.
    package private(set) var hidesSomething = false

    package init(_ catalog: borrowing Catalog, for authorizer: Authorizer) {
        self.catalog = copy catalog
        self.authorizer = authorizer
    }

    /// Notes what is left out.
    private mutating func note(_ isVisible: Bool) -> Bool {
        if !isVisible { hidesSomething = true }
        return isVisible
    }

    private mutating func showsService(_ name: String) -> Bool {
        note(authorizer.allowsEverything || authorizer.allows(.serviceRead(name)))
    }

    private mutating func showsNode(_ name: String) -> Bool {
        note(authorizer.allowsEverything || authorizer.allows(.nodeRead(name)))
    }

    private mutating func shows(_ check: HealthCheck) -> Bool {
        guard !authorizer.allowsEverything else { return true }
        return showsNode(check.node)
            && (check.serviceName.isEmpty || showsService(check.serviceName))
    }

    /// The elements of `all` that `isVisible` says are.
    private mutating func visible<Element>(
        _ all: [Element],
        _ isVisible: (inout VisibleCatalog, Element) -> Bool
    ) -> [Element] {
        guard !authorizer.allowsEverything else { return all }
        return all.filter { isVisible(&self, $0) }
    }
}

// MARK: - Nodes

extension VisibleCatalog {
    /// See `Catalog.nodes`.
    package var nodes: [Node] {
        mutating get { visible(catalog.nodes) { $0.showsNode($1.name) } }
    }

    /// See `Catalog.node(_:)`.
    package mutating func node(_ name: String) -> Node? {
        guard let node = catalog.node(name), showsNode(node.name) else { return nil }
        return node
    }

    /// The instances on a node whose services are visible, whether the node itself is or not.
    package mutating func instances(onNode name: String) -> [ServiceInstance] {
        visible(catalog.instances(onNode: name)) { $0.showsService($1.service) }
    }

    /// The checks on the agent's own node: those of visible services, and with the node its own.
    package mutating func checks(onAgent name: String) -> [HealthCheck] {
        visible(catalog.checks(onNode: name)) { visible, check in
            check.serviceName.isEmpty
                ? visible.showsNode(check.node) : visible.showsService(check.serviceName)
        }
    }

    /// See `Catalog.checks(onNode:)`.
    package mutating func checks(onNode name: String) -> [HealthCheck] {
        visible(catalog.checks(onNode: name)) { $0.shows($1) }
    }
}

// MARK: - Services

extension VisibleCatalog {
    /// See `Catalog.serviceNames`.
    package var serviceNames: [String] {
        mutating get { visible(catalog.serviceNames) { $0.showsService($1) } }
    }

    /// The instances of a service on nodes that are visible too.
    ///
    /// - Parameter onAnyNode: true for what tells nothing of nodes, such as the tags of a service.
    package mutating func instances(
        ofService name: String,
        onAnyNode: Bool = false
    ) -> [ServiceInstance] {
        visible(catalog.instances(ofService: name)) {
            $0.showsService($1.service) && (onAnyNode || $0.showsNode($1.node))
        }
    }

    /// An instance whose service is visible.
    package mutating func instance(_ key: InstanceKey) -> ServiceInstance? {
        guard let instance = catalog.instance(key), showsService(instance.service) else {
            return nil
        }
        return instance
    }
}

// MARK: - Checks

extension VisibleCatalog {
    /// See `Catalog.checks`.
    package var checks: [HealthCheck] {
        mutating get { visible(catalog.checks) { $0.shows($1) } }
    }

    /// See `Catalog.check(_:)`.
    package mutating func check(_ key: CheckKey) -> HealthCheck? {
        guard let check = catalog.check(key), shows(check) else { return nil }
        return check
    }

    /// See `Catalog.checks(ofInstance:)`.
    package mutating func checks(ofInstance key: InstanceKey) -> [HealthCheck] {
        visible(catalog.checks(ofInstance: key)) { $0.shows($1) }
    }

    /// All checks that decide about an instance; who sees the instance sees these.
    package func decidingChecks(_ key: InstanceKey) -> [HealthCheck] {
        catalog.decidingChecks(key)
    }

    /// See `Catalog.health(_:)`.
    package func health(_ key: InstanceKey) -> HealthStatus { catalog.health(key) }
}

// MARK: - Prepared queries

extension VisibleCatalog {
    /// The prepared queries whose names may be read; those without a name take management.
    package var preparedQueries: [PreparedQuery] {
        mutating get {
            visible(catalog.preparedQueries) { visible, query in
                let isNamed = !query.name.isEmpty || query.template != nil
                return visible.note(
                    visible.authorizer.allows(isNamed ? .queryRead(query.name) : .accessWrite)
                )
            }
        }
    }

    /// See `Catalog.preparedQuery(id:)`; the caller asks whether it may be read.
    package func preparedQuery(id: String) -> PreparedQuery? { catalog.preparedQuery(id: id) }
}
