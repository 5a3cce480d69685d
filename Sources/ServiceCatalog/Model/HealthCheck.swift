/// A named health result, of a node or of an instance.
///
/// A value behind one shared reference, as `ServiceInstance` is and for the same reasons.
package struct HealthCheck: Hashable, Sendable {
    /// The names are those of the coded form.
    private struct Content: Codable, Hashable, Sendable {
        var node: String
        var id: String
        var name: String
        var status: HealthStatus
        var notes: String
        var output: String
        var serviceID: String
        var serviceName = ""
        var serviceTags: [String] = []
        var definition: SharedDefinition?
        var reportedDefinition: String?
        var reportedType: String?
        var createIndex: CatalogIndex = 0
        var modifyIndex: CatalogIndex = 0
    }

    /// A definition, which is large and stays the same from status to status.
    private struct SharedDefinition: Codable, Hashable, Sendable {
        let shared: SharedValue<CheckDefinition>

        init(_ definition: CheckDefinition) { shared = SharedValue(definition) }

        init(from decoder: any Decoder) throws { self.init(try CheckDefinition(from: decoder)) }

        func encode(to encoder: any Encoder) throws { try shared.value.encode(to: encoder) }
    }

    private var shared: SharedValue<Content>

    package init(
        node: String,
        id: String,
        name: String,
        status: HealthStatus = .critical,
        notes: String = "",
        output: String = "",
        serviceID: String = "",
        definition: CheckDefinition? = nil
    ) {
        shared = SharedValue(
            Content(
                node: node,
                id: id,
                name: name,
                status: status,
                notes: notes,
                output: output,
                serviceID: serviceID,
                definition: definition.map { SharedDefinition($0) }
            )
        )
    }

    private mutating func update(_ change: (inout Content) -> Void) {
        var content = shared.value
        change(&content)
        shared = SharedValue(content)
    }

    /// Where the catalog files it.
    package var key: CheckKey { CheckKey(node: node, id: id) }

    /// True when both say the same, whenever they were written.
    package func hasSameContent(as other: HealthCheck) -> Bool {
        if shared === other.shared { return true }
        var content = other.shared.value
        content.createIndex = createIndex
        content.modifyIndex = modifyIndex
        return shared.value == content
    }

    /// The check as its instance and its place in the order make it.
    func filed(
        onNode node: String,
        of owner: ServiceInstance?,
        created createIndex: CatalogIndex,
        modified modifyIndex: CatalogIndex
    ) -> HealthCheck {
        var check = self
        check.update { content in
            content.node = node
            content.serviceName = owner?.service ?? ""
            content.serviceTags = owner?.tags ?? []
            content.createIndex = createIndex
            content.modifyIndex = modifyIndex
        }
        return check
    }

    /// The check with another result.
    func reporting(_ status: HealthStatus, output: String) -> HealthCheck {
        var check = self
        check.update { content in
            content.status = status
            content.output = output
        }
        return check
    }

    /// The id of the check that puts an instance into maintenance (Consul's name for it).
    package static func serviceMaintenanceID(_ serviceID: String) -> String {
        "_service_maintenance:\(serviceID)"
    }

    /// The id of the check that puts a node into maintenance (Consul's name for it).
    package static let nodeMaintenanceID = "_node_maintenance"
}

extension HealthCheck: Codable {
    package init(from decoder: any Decoder) throws {
        shared = SharedValue(try Content(from: decoder))
    }

    package func encode(to encoder: any Encoder) throws { try shared.value.encode(to: encoder) }
}

// MARK: - Properties

extension HealthCheck {
    package var node: String {
        get { shared.value.node }
        set { update { $0.node = newValue } }
    }

    /// Unique on its node.
    package var id: String {
        get { shared.value.id }
        set { update { $0.id = newValue } }
    }

    package var name: String {
        get { shared.value.name }
        set { update { $0.name = newValue } }
    }

    package var status: HealthStatus {
        get { shared.value.status }
        set { update { $0.status = newValue } }
    }

    /// For people.
    package var notes: String {
        get { shared.value.notes }
        set { update { $0.notes = newValue } }
    }

    /// What the last probe or report said.
    package var output: String {
        get { shared.value.output }
        set { update { $0.output = newValue } }
    }

    /// The instance it belongs to; empty for a check of the whole node.
    package var serviceID: String {
        get { shared.value.serviceID }
        set { update { $0.serviceID = newValue } }
    }

    /// Filled from the instance; empty for a check of the whole node.
    package var serviceName: String {
        get { shared.value.serviceName }
        set { update { $0.serviceName = newValue } }
    }

    /// Filled from the instance.
    package var serviceTags: [String] {
        get { shared.value.serviceTags }
        set { update { $0.serviceTags = newValue } }
    }

    /// How Rollcall finds the status itself; nil when somebody else reports it.
    package var definition: CheckDefinition? {
        get { shared.value.definition?.shared.value }
        set { update { $0.definition = newValue.map { SharedDefinition($0) } } }
    }

    /// How somebody else finds the status, as a JSON object in Consul's form; nil when they did not
    /// say.
    ///
    /// It is kept for them; nobody here acts on it.
    package var reportedDefinition: String? {
        get { shared.value.reportedDefinition }
        set { update { $0.reportedDefinition = newValue } }
    }

    /// What kind of check somebody else runs; nil when they did not say.
    package var reportedType: String? {
        get { shared.value.reportedType }
        set { update { $0.reportedType = newValue } }
    }

    package var createIndex: CatalogIndex {
        get { shared.value.createIndex }
        set { update { $0.createIndex = newValue } }
    }

    package var modifyIndex: CatalogIndex {
        get { shared.value.modifyIndex }
        set { update { $0.modifyIndex = newValue } }
    }
}
