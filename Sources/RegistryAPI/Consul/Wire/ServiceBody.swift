internal import ServiceCatalog

/// The body of `agent/service/register`, and the `Service` of `catalog/register`.
struct ServiceBody: Hashable {
    var id = ""
    var name = ""
    var tags: [String] = []
    var address = ""
    var port = 0
    var meta: [String: String] = [:]
    var weights: ServiceWeights?
    var taggedAddresses: [String: ServiceAddress] = [:]
    var enableTagOverride = false
    var kind = ""
    var socketPath = ""
    var locality: Locality?
    /// What a transaction compares with.
    var modifyIndex: UInt64 = 0
    /// `Check` first, then `Checks`.
    var checks: [CheckBody] { (check.map { [$0] } ?? []) + otherChecks }

    private var check: CheckBody?
    private var otherChecks: [CheckBody] = []

    /// Whom the body is meant for: the two differ in the name of the name and in what they carry.
    enum Target {
        case agent
        case catalog
    }

    private init() {}

    /// Reads the body of `agent/service/register`.
    init(body: [UInt8]) throws(JSONReadError) {
        var service = ServiceBody()
        try JSONReader.readBody(body) { reader, folded, name throws(JSONReadError) in
            try service.readField(&reader, folded, name, .agent)
        }
        self = service
    }

    /// Reads the `Service` that stands next in a body of `catalog/register`; nil for `null`.
    static func read(_ reader: inout JSONReader) throws(JSONReadError) -> ServiceBody? {
        var service = ServiceBody()
        let isGiven = try reader.readFields { reader, folded, name throws(JSONReadError) in
            try service.readField(&reader, folded, name, .catalog)
        }
        return isGiven ? service : nil
    }

    private mutating func readField(
        _ reader: inout JSONReader,
        _ folded: String,
        _ name: String,
        _ target: Target
    ) throws(JSONReadError) {
        switch folded {
        case "id": id = try reader.readString()
        case "name" where target == .agent, "service" where target == .catalog:
            self.name = try reader.readString()
        case "tags": tags = try reader.readStrings()
        case "address": address = try reader.readString()
        case "port": port = try reader.readInt()
        case "meta": meta = try reader.readStringMap()
        case "weights": weights = try reader.readWeights()
        case "taggedaddresses": taggedAddresses = try reader.readServiceAddresses()
        case "tagged_addresses" where target == .agent:
            taggedAddresses = try reader.readServiceAddresses()
        case "enabletagoverride": enableTagOverride = try reader.readBool()
        case "enable_tag_override" where target == .agent:
            enableTagOverride = try reader.readBool()
        case "kind": kind = try reader.readString()
        case "check" where target == .agent:
            check = try CheckBody.read(&reader, .insideService)
        case "checks" where target == .agent:
            guard try reader.enterArray() else { return }
            while try reader.nextElement() {
                if let check = try CheckBody.read(&reader, .insideService) {
                    otherChecks.append(check)
                }
            }
        case "socketpath": socketPath = try reader.readString()
        case "locality": locality = try reader.readLocality()
        case "proxy": try reader.refuseValue(of: name, because: JSONReader.noMesh)
        case "connect": try reader.refuseConnect()
        case "namespace", "partition": try reader.refuseTenancy(name)
        case "token" where target == .agent: try reader.ignoreValue()
        case "contenthash" where target == .catalog, "datacenter" where target == .catalog,
            "createindex" where target == .catalog, "peername" where target == .catalog:
            // Clients send back what they were given.
            try reader.ignoreValue()
        case "modifyindex" where target == .catalog:
            modifyIndex = try reader.readUnsigned()
        default: throw .unknownField(name)
        }
    }
}
