/// The body of `catalog/register`.
struct CatalogRegistrationBody: Hashable {
    var datacenter = ""
    /// The node's UUID.
    var id = ""
    var node = ""
    var address = ""
    var taggedAddresses: [String: String] = [:]
    var nodeMeta: [String: String] = [:]
    var skipsNodeUpdate = false
    /// What a transaction compares with.
    var modifyIndex: UInt64 = 0
    var service: ServiceBody?
    /// `Check` first, then `Checks`.
    var checks: [ReportedCheckBody] { (check.map { [$0] } ?? []) + otherChecks }

    private var check: ReportedCheckBody?
    private var otherChecks: [ReportedCheckBody] = []

    private init() {}

    init(body: [UInt8]) throws(JSONReadError) {
        var registration = CatalogRegistrationBody()
        try JSONReader.readBody(body) { reader, folded, name throws(JSONReadError) in
            try registration.readField(&reader, folded, name)
        }
        self = registration
    }

    /// Reads a node of `txn` that stands next; nil for `null`.
    static func readNode(
        _ reader: inout JSONReader
    ) throws(JSONReadError) -> CatalogRegistrationBody? {
        var node = CatalogRegistrationBody()
        let isGiven = try reader.readFields { reader, folded, name throws(JSONReadError) in
            switch folded {
            case "id": node.id = try reader.readString()
            case "node": node.node = try reader.readString()
            case "address": node.address = try reader.readString()
            case "taggedaddresses": node.taggedAddresses = try reader.readStringMap()
            case "meta": node.nodeMeta = try reader.readStringMap()
            case "modifyindex": node.modifyIndex = try reader.readUnsigned()
            case "datacenter", "createindex": try reader.ignoreValue()
            case "peername": try reader.refuseValue(of: name, because: "there are no peers")
            case "locality": try reader.refuseValue(of: name, because: "DNS cannot tell it")
            case "namespace", "partition": try reader.refuseTenancy(name)
            default: throw .unknownField(name)
            }
        }
        return isGiven ? node : nil
    }

    private mutating func readField(
        _ reader: inout JSONReader,
        _ folded: String,
        _ name: String
    ) throws(JSONReadError) {
        switch folded {
        case "datacenter": datacenter = try reader.readString()
        case "id": id = try reader.readString()
        case "node": node = try reader.readString()
        case "address": address = try reader.readString()
        case "taggedaddresses": taggedAddresses = try reader.readStringMap()
        case "nodemeta": nodeMeta = try reader.readStringMap()
        case "skipnodeupdate": skipsNodeUpdate = try reader.readBool()
        case "service": service = try ServiceBody.read(&reader)
        case "check": check = try ReportedCheckBody.read(&reader)
        case "checks":
            guard try reader.enterArray() else { return }
            while try reader.nextElement() {
                if let check = try ReportedCheckBody.read(&reader) { otherChecks.append(check) }
            }
        case "locality": try reader.refuseValue(of: name, because: "DNS cannot tell it")
        case "peername": try reader.refuseValue(of: name, because: "there are no peers")
        case "namespace", "partition": try reader.refuseTenancy(name)
        case "token": try reader.ignoreValue()
        default: throw .unknownField(name)
        }
    }
}
