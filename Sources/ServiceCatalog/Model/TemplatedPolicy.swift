/// A policy that Consul defines, filled in for one service or node.
package struct TemplatedPolicy: Codable, Hashable, Sendable {
    /// The policies that there are.
    package enum Template: String, CaseIterable, Codable, Hashable, Sendable {
        /// May register one service, and read all services and nodes.
        case service = "builtin/service"
        /// May register one node, and read all services.
        case node = "builtin/node"
        /// May read what DNS shows.
        case dns = "builtin/dns"

        package var takesName: Bool { self != .dns }
    }

    package var template: Template
    /// The service or node; empty where the template takes none.
    package var name: String
    /// Where it holds; empty for everywhere.
    package var datacenters: [String]

    package init(_ template: Template, name: String = "", datacenters: [String] = []) {
        self.template = template
        self.name = name
        self.datacenters = datacenters
    }

    /// What it grants.
    package var rules: AccessRules {
        var rules = AccessRules()
        switch template {
        case .service:
            rules.add(.service, named: name, .write)
            rules.add(.service, named: "\(name)-sidecar-proxy", .write)
            rules.add(.service, prefix: "", .read)
            rules.add(.node, prefix: "", .read)
        case .node:
            rules.add(.node, named: name, .write)
            rules.add(.service, prefix: "", .read)
        case .dns:
            rules.add(.service, prefix: "", .read)
            rules.add(.node, prefix: "", .read)
            rules.add(.query, prefix: "", .read)
        }
        return rules
    }
}
