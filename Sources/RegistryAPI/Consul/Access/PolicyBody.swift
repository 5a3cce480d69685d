/// The body of `acl/policy`.
struct PolicyBody: Hashable {
    var id = ""
    var name = ""
    var description = ""
    var rules = ""
    var datacenters: [String] = []

    init(body: [UInt8]) throws(JSONReadError) {
        var policy = PolicyBody()
        try JSONReader.readBody(body) { reader, folded, name throws(JSONReadError) in
            switch folded {
            case "id": policy.id = try reader.readString()
            case "name": policy.name = try reader.readString()
            case "description": policy.description = try reader.readString()
            case "rules": policy.rules = try reader.readString()
            case "datacenters": policy.datacenters = try reader.readStrings()
            case "namespace", "partition": try reader.refuseTenancy(name)
            // Clients send back what they were given.
            case "hash", "createindex", "modifyindex": try reader.ignoreValue()
            default: throw .unknownField(name)
            }
        }
        self = policy
    }

    private init() {}
}
