/// A named health result, of a node or of an instance.
package struct HealthCheck: Codable, Hashable, Sendable {
    package var node: String
    /// Unique on its node.
    package var id: String
    package var name: String
    package var status: HealthStatus
    /// For people.
    package var notes: String
    /// What the last probe or report said.
    package var output: String
    /// The instance it belongs to; empty for a check of the whole node.
    package var serviceID: String
    /// Filled from the instance; empty for a check of the whole node.
    package var serviceName: String
    /// Filled from the instance.
    package var serviceTags: [String]
    /// How Rollcall finds the status itself; nil when somebody else reports it.
    package var definition: CheckDefinition?
    /// How somebody else finds the status, as a JSON object in Consul's form; nil when they did not
    /// say.
    ///
    /// It is kept for them; nobody here acts on it.
    package var reportedDefinition: String?
    /// What kind of check somebody else runs; nil when they did not say.
    package var reportedType: String?
    package var createIndex: CatalogIndex
    package var modifyIndex: CatalogIndex

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
        self.node = node
        self.id = id
        self.name = name
        self.status = status
        self.notes = notes
        self.output = output
        self.serviceID = serviceID
        self.serviceName = ""
        self.serviceTags = []
        self.definition = definition
        self.createIndex = 0
        self.modifyIndex = 0
    }

    /// Where the catalog files it.
    package var key: CheckKey { CheckKey(node: node, id: id) }

    /// True when both say the same, whenever they were written.
    package func hasSameContent(as other: HealthCheck) -> Bool {
        var other = other
        other.createIndex = createIndex
        other.modifyIndex = modifyIndex
        return self == other
    }

    /// The id of the check that puts an instance into maintenance (Consul's name for it).
    package static func serviceMaintenanceID(_ serviceID: String) -> String {
        "_service_maintenance:\(serviceID)"
    }

    /// The id of the check that puts a node into maintenance (Consul's name for it).
    package static let nodeMaintenanceID = "_node_maintenance"
}

/// Names one check: ids are unique on a node only.
package struct CheckKey: Codable, Hashable, Sendable, Comparable {
    package var node: String
    package var id: String

    package init(node: String, id: String) {
        self.node = node
        self.id = id
    }

    package static func < (left: CheckKey, right: CheckKey) -> Bool {
        (left.node, left.id) < (right.node, right.id)
    }
}
