/// One registered endpoint of a service on a node.
///
/// A value behind one shared reference. Cost: copying is a retain, setting a property writes the
/// record anew. A plain instance takes 128 bytes and what its id is longer than 15; what most
/// instances do not say is kept apart and takes nothing there.
package struct ServiceInstance: Hashable, Sendable {
    /// What nearly every instance has.
    ///
    /// The order keeps it, with its header, within 120 bytes.
    private struct Content: Hashable, Sendable {
        var node: String
        var id: String
        var service: String
        var address: String
        var createIndex: CatalogIndex
        var modifyIndex: CatalogIndex
        /// Nil when nothing of it differs from the default.
        var extras: SharedValue<Extras>?
        var lease: SharedValue<Lease>?
        var port: Int32
        var isDraining: Bool
    }

    /// What most instances leave at its default.
    private struct Extras: Hashable, Sendable {
        var tags: [String] = []
        var meta: [String: String] = [:]
        var weights = ServiceWeights()
        var taggedAddresses: [String: ServiceAddress] = [:]
        var enableTagOverride = false
        var kind = ""
        var socketPath: String?
        var locality: Locality?
    }

    private var shared: SharedValue<Content>

    package init(
        node: String,
        id: String,
        service: String,
        tags: [String] = [],
        address: String = "",
        port: Int = 0,
        meta: [String: String] = [:],
        weights: ServiceWeights = ServiceWeights(),
        taggedAddresses: [String: ServiceAddress] = [:],
        enableTagOverride: Bool = false,
        kind: String = "",
        socketPath: String? = nil,
        locality: Locality? = nil,
        lease: Lease? = nil,
        isDraining: Bool = false,
        createIndex: CatalogIndex = 0,
        modifyIndex: CatalogIndex = 0
    ) {
        var content = Content(
            node: node,
            id: id,
            service: service,
            address: address,
            createIndex: createIndex,
            modifyIndex: modifyIndex,
            port: Int32(clamping: port),
            isDraining: isDraining
        )
        let extras = Extras(
            tags: tags,
            meta: meta,
            weights: weights,
            taggedAddresses: taggedAddresses,
            enableTagOverride: enableTagOverride,
            kind: kind,
            socketPath: socketPath,
            locality: locality
        )
        if extras != Extras() { content.extras = SharedValue(extras) }
        if let lease { content.lease = SharedValue(lease) }
        self.shared = SharedValue(content)
    }

    private mutating func update(_ change: (inout Content) -> Void) {
        var content = shared.value
        change(&content)
        shared = SharedValue(content)
    }

    private mutating func updateExtras(_ change: (inout Extras) -> Void) {
        var extras = shared.value.extras?.value ?? Extras()
        change(&extras)
        update { $0.extras = extras == Extras() ? nil : SharedValue(extras) }
    }
}

// MARK: - What nearly every instance has

extension ServiceInstance {
    /// The name of the node it runs on.
    package var node: String {
        get { shared.value.node }
        set { update { $0.node = newValue } }
    }

    /// Unique on its node.
    package var id: String {
        get { shared.value.id }
        set { update { $0.id = newValue } }
    }

    /// The service's name.
    package var service: String {
        get { shared.value.service }
        set { update { $0.service = newValue } }
    }

    /// An IP address or a host name; empty means the node's address.
    package var address: String {
        get { shared.value.address }
        set { update { $0.address = newValue } }
    }

    /// 0 when the service has no port.
    package var port: Int {
        get { Int(shared.value.port) }
        set { update { $0.port = Int32(clamping: newValue) } }
    }

    /// The promise to renew; nil for an instance that stays until it is deregistered.
    package var lease: Lease? {
        get { shared.value.lease?.value }
        set { update { $0.lease = newValue.map { SharedValue($0) } } }
    }

    /// True once it was asked to leave: it is in the catalog, but no longer in answers.
    package var isDraining: Bool {
        get { shared.value.isDraining }
        set { update { $0.isDraining = newValue } }
    }

    package var createIndex: CatalogIndex {
        get { shared.value.createIndex }
        set { update { $0.createIndex = newValue } }
    }

    package var modifyIndex: CatalogIndex {
        get { shared.value.modifyIndex }
        set { update { $0.modifyIndex = newValue } }
    }

    /// Where the catalog files it.
    package var key: InstanceKey { InstanceKey(node: node, id: id) }

    /// True when both say the same, whenever they were written.
    package func hasSameContent(as other: ServiceInstance) -> Bool {
        if shared === other.shared { return true }
        var content = other.shared.value
        content.createIndex = createIndex
        content.modifyIndex = modifyIndex
        return shared.value == content
    }
}

// MARK: - What most instances leave out

extension ServiceInstance {
    package var tags: [String] {
        get { shared.value.extras?.value.tags ?? [] }
        set { updateExtras { $0.tags = newValue } }
    }

    package var meta: [String: String] {
        get { shared.value.extras?.value.meta ?? [:] }
        set { updateExtras { $0.meta = newValue } }
    }

    package var weights: ServiceWeights {
        get { shared.value.extras?.value.weights ?? ServiceWeights() }
        set { updateExtras { $0.weights = newValue } }
    }

    /// Addresses by role, such as `lan_ipv6`.
    package var taggedAddresses: [String: ServiceAddress] {
        get { shared.value.extras?.value.taggedAddresses ?? [:] }
        set { updateExtras { $0.taggedAddresses = newValue } }
    }

    /// True when tags may be changed through the catalog API (Consul).
    package var enableTagOverride: Bool {
        get { shared.value.extras?.value.enableTagOverride ?? false }
        set { updateExtras { $0.enableTagOverride = newValue } }
    }

    /// Mesh role of Consul's API, such as `connect-proxy`; empty for a plain service.
    package var kind: String {
        get { shared.value.extras?.value.kind ?? "" }
        set { updateExtras { $0.kind = newValue } }
    }

    /// A Unix socket on the node, which clients there may prefer; nil for none.
    package var socketPath: String? {
        get { shared.value.extras?.value.socketPath }
        set { updateExtras { $0.socketPath = newValue } }
    }

    package var locality: Locality? {
        get { shared.value.extras?.value.locality }
        set { updateExtras { $0.locality = newValue } }
    }
}

// MARK: - Filing

extension ServiceInstance {
    /// The instance with the catalog's own spelling of its node, with its indexes, and with the
    /// texts and extras that a peer has too taken from the peer: thousands share one copy.
    func filed(
        onNode node: String,
        created createIndex: CatalogIndex,
        modified modifyIndex: CatalogIndex,
        beside peer: ServiceInstance?
    ) -> ServiceInstance {
        var instance = self
        instance.update { content in
            content.node = node
            content.createIndex = createIndex
            content.modifyIndex = modifyIndex
            guard let peer = peer?.shared.value else { return }
            if content.service == peer.service { content.service = peer.service }
            if content.extras == peer.extras { content.extras = peer.extras }
        }
        return instance
    }

    /// True when a copy of a text that others have too may take room of its own.
    var hasLongNames: Bool { node.utf8.count > 15 || service.utf8.count > 15 }

    /// True when something of it is kept apart.
    var hasExtras: Bool { shared.value.extras != nil }
}
