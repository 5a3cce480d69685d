/// The body of `acl/token`.
struct TokenBody {
    /// A policy of Consul's own, filled in.
    struct Template: Hashable {
        var name = ""
        /// The service or node.
        var variable = ""
        var datacenters: [String] = []
    }

    var accessorID = ""
    var secretID = ""
    var description = ""
    /// By id, or by name where that is empty.
    var policies: [(id: String, name: String)] = []
    var serviceIdentities: [Template] = []
    var nodeIdentities: [Template] = []
    var templatedPolicies: [Template] = []
    var isLocal = false
    var expirationTime = ""
    var expirationMilliseconds = 0

    init(body: [UInt8]) throws(JSONReadError) {
        var token = TokenBody()
        try JSONReader.readBody(body) { reader, folded, name throws(JSONReadError) in
            try token.read(&reader, folded, name)
        }
        self = token
    }

    private init() {}

    private mutating func read(
        _ reader: inout JSONReader,
        _ folded: String,
        _ name: String
    ) throws(JSONReadError) {
        switch folded {
        case "accessorid": accessorID = try reader.readString()
        case "secretid": secretID = try reader.readString()
        case "description": description = try reader.readString()
        case "policies": policies = try Self.readPolicies(&reader)
        case "serviceidentities":
            serviceIdentities = try Self.readTemplates(&reader, variable: "servicename")
        case "nodeidentities":
            nodeIdentities = try Self.readTemplates(&reader, variable: "nodename")
        case "templatedpolicies":
            templatedPolicies = try Self.readTemplates(&reader, variable: "")
        case "local": isLocal = try reader.readBool()
        case "expirationtime": expirationTime = try reader.readString()
        case "expirationttl": expirationMilliseconds = try reader.readMilliseconds()
        case "roles": try refuseRoles(&reader)
        case "authmethod", "authmethodnamespace":
            guard try reader.readString().isEmpty else {
                throw .unsupported(field: name, reason: "there are no auth methods")
            }
        case "namespace", "partition": try reader.refuseTenancy(name)
        // Clients send back what they were given.
        case "id", "hash", "createtime", "createindex", "modifyindex": try reader.ignoreValue()
        default: throw .unknownField(name)
        }
    }

    private func refuseRoles(_ reader: inout JSONReader) throws(JSONReadError) {
        guard try reader.enterArray() else { return }
        if try reader.nextElement() {
            throw .unsupported(field: "Roles", reason: "there are no roles, use policies")
        }
    }

    private static func readPolicies(
        _ reader: inout JSONReader
    ) throws(JSONReadError) -> [(id: String, name: String)] {
        var policies: [(id: String, name: String)] = []
        guard try reader.enterArray() else { return policies }
        while try reader.nextElement() {
            var policy = (id: "", name: "")
            try reader.readFields { reader, folded, name throws(JSONReadError) in
                switch folded {
                case "id": policy.id = try reader.readString()
                case "name": policy.name = try reader.readString()
                default: throw .unknownField(name)
                }
            }
            policies.append(policy)
        }
        return policies
    }

    /// - Parameter variable: the field that has the service's or node's name, folded.
    private static func readTemplates(
        _ reader: inout JSONReader,
        variable: String
    ) throws(JSONReadError) -> [Template] {
        var templates: [Template] = []
        guard try reader.enterArray() else { return templates }
        while try reader.nextElement() {
            var template = Template()
            try reader.readFields { reader, folded, name throws(JSONReadError) in
                switch folded {
                case variable: template.variable = try reader.readString()
                case "templatename": template.name = try reader.readString()
                case "templatevariables":
                    try reader.readFields { reader, folded, name throws(JSONReadError) in
                        guard folded == "name" else { throw .unknownField(name) }
                        template.variable = try reader.readString()
                    }
                case "templateid": try reader.ignoreValue()
                case "datacenters": template.datacenters = try reader.readStrings()
                case "datacenter":
                    let datacenter = try reader.readString()
                    if !datacenter.isEmpty { template.datacenters = [datacenter] }
                default: throw .unknownField(name)
                }
            }
            templates.append(template)
        }
        return templates
    }
}
