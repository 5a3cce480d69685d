/// A stored question for instances of a service, with what to ask elsewhere when there are none.
package struct PreparedQuery: Codable, Hashable, Sendable {
    /// Makes one query answer many names.
    package struct Template: Codable, Hashable, Sendable {
        /// `name_prefix_match`.
        package var type: String
        package var regexp: String
        package var removeEmptyTags: Bool

        package init(type: String, regexp: String = "", removeEmptyTags: Bool = false) {
            self.type = type
            self.regexp = regexp
            self.removeEmptyTags = removeEmptyTags
        }
    }

    /// Where to ask when there is no instance here.
    package struct Failover: Codable, Hashable, Sendable {
        /// One place to ask: a peer, or a datacenter.
        package struct Target: Codable, Hashable, Sendable {
            package var peer: String
            package var datacenter: String

            package init(peer: String = "", datacenter: String = "") {
                self.peer = peer
                self.datacenter = datacenter
            }
        }

        /// So many of the other datacenters, nearest first.
        package var nearestN: Int
        /// Then these, in order.
        package var datacenters: [String]
        /// Instead of both.
        package var targets: [Target]

        package init(nearestN: Int = 0, datacenters: [String] = [], targets: [Target] = []) {
            self.nearestN = nearestN
            self.datacenters = datacenters
            self.targets = targets
        }
    }

    /// Which instances are the answer.
    package struct Service: Codable, Hashable, Sendable {
        /// The service's name.
        package var service: String
        package var failover: Failover
        package var onlyPassing: Bool
        package var ignoreCheckIDs: [String]
        /// A node's name, `_agent` or `_ip`; the nearest to it come first.
        package var near: String
        /// Every one must be there; with `!` before it, must not.
        package var tags: [String]
        package var nodeMeta: [String: String]
        package var serviceMeta: [String: String]
        package var connect: Bool
        package var peer: String

        package init(
            service: String,
            failover: Failover = Failover(),
            onlyPassing: Bool = false,
            ignoreCheckIDs: [String] = [],
            near: String = "",
            tags: [String] = [],
            nodeMeta: [String: String] = [:],
            serviceMeta: [String: String] = [:],
            connect: Bool = false,
            peer: String = ""
        ) {
            self.service = service
            self.failover = failover
            self.onlyPassing = onlyPassing
            self.ignoreCheckIDs = ignoreCheckIDs
            self.near = near
            self.tags = tags
            self.nodeMeta = nodeMeta
            self.serviceMeta = serviceMeta
            self.connect = connect
            self.peer = peer
        }
    }

    /// A UUID.
    package var id: String
    /// May be empty; a template's name is a prefix.
    package var name: String
    /// The query ends with this session; empty for none.
    package var session: String
    package var token: String
    package var template: Template?
    package var service: Service
    /// As Go spells times, such as `10s`; empty for the server's own.
    package var dnsTTL: String
    package var createIndex: CatalogIndex
    package var modifyIndex: CatalogIndex

    package init(
        id: String,
        name: String = "",
        session: String = "",
        token: String = "",
        template: Template? = nil,
        service: Service,
        dnsTTL: String = ""
    ) {
        self.id = id
        self.name = name
        self.session = session
        self.token = token
        self.template = template
        self.service = service
        self.dnsTTL = dnsTTL
        self.createIndex = 0
        self.modifyIndex = 0
    }

    /// True when both say the same, whenever they were written.
    package func hasSameContent(as other: PreparedQuery) -> Bool {
        var other = other
        other.createIndex = createIndex
        other.modifyIndex = modifyIndex
        return self == other
    }
}
