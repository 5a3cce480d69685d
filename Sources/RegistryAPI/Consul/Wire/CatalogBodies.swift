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

/// A check of `catalog/register`: somebody else finds its status and reports it here.
struct ReportedCheckBody: Hashable {
    var node = ""
    var id = ""
    var name = ""
    var status = ""
    var notes = ""
    var output = ""
    var serviceID = ""

    private init() {}

    /// Reads the check that stands next; nil for `null`.
    static func read(_ reader: inout JSONReader) throws(JSONReadError) -> ReportedCheckBody? {
        var check = ReportedCheckBody()
        let isGiven = try reader.readFields { reader, folded, name throws(JSONReadError) in
            switch folded {
            case "node": check.node = try reader.readString()
            case "checkid": check.id = try reader.readString()
            case "name": check.name = try reader.readString()
            case "status": check.status = try reader.readString()
            case "notes": check.notes = try reader.readString()
            case "output": check.output = try reader.readString()
            case "serviceid", "service_id": check.serviceID = try reader.readString()
            case "namespace", "partition": try reader.refuseTenancy(name)
            case "servicename", "servicetags", "type", "interval", "timeout", "exposedport",
                "createindex", "modifyindex", "peername", "definition":
                // Clients send back what they were given; the first two follow from the service. A
                // definition is a note to Consul's own prober of external nodes.
                try reader.ignoreValue()
            default: throw .unknownField(name)
            }
        }
        return isGiven ? check : nil
    }
}

/// The body of `catalog/deregister`.
struct CatalogDeregistrationBody: Hashable {
    var datacenter = ""
    var node = ""
    var serviceID = ""
    var checkID = ""

    init(body: [UInt8]) throws(JSONReadError) {
        var datacenter = "", node = "", serviceID = "", checkID = ""
        try JSONReader.readBody(body) { reader, folded, name throws(JSONReadError) in
            switch folded {
            case "datacenter": datacenter = try reader.readString()
            case "node": node = try reader.readString()
            case "serviceid", "service_id": serviceID = try reader.readString()
            case "checkid": checkID = try reader.readString()
            case "namespace", "partition": try reader.refuseTenancy(name)
            case "address", "token", "peername": try reader.ignoreValue()
            default: throw .unknownField(name)
            }
        }
        self.datacenter = datacenter
        self.node = node
        self.serviceID = serviceID
        self.checkID = checkID
    }
}

/// The body of `agent/check/update/:id`.
struct CheckUpdateBody: Hashable {
    var status = ""
    var output = ""

    init(body: [UInt8]) throws(JSONReadError) {
        var status = "", output = ""
        try JSONReader.readBody(body) { reader, folded, name throws(JSONReadError) in
            switch folded {
            case "status": status = try reader.readString()
            case "output": output = try reader.readString()
            default: throw .unknownField(name)
            }
        }
        self.status = status
        self.output = output
    }
}
