/// A check of `catalog/register`: somebody else finds its status and reports it here.
struct ReportedCheckBody: Hashable {
    var node = ""
    var id = ""
    var name = ""
    var status = ""
    var notes = ""
    var output = ""
    var serviceID = ""
    /// What a transaction compares with.
    var modifyIndex: UInt64 = 0
    var type = ""
    /// How the reporter finds the status, as JSON; nil when nothing is told.
    var definition: String?

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
            case "modifyindex": check.modifyIndex = try reader.readUnsigned()
            case "type": check.type = try reader.readString()
            case "definition": check.definition = try ReportedDefinition.read(&reader)
            case "namespace", "partition": try reader.refuseTenancy(name)
            case "servicename", "servicetags", "interval", "timeout", "exposedport",
                "createindex", "peername":
                // Clients send back what they were given; the first two follow from the service.
                try reader.ignoreValue()
            default: throw .unknownField(name)
            }
        }
        return isGiven ? check : nil
    }
}
