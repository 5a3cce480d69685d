/// The body of `session/create`; what is not given is nil.
struct SessionBody: Hashable {
    var name = ""
    var node = ""
    var lockDelayMilliseconds: Int?
    var behavior = ""
    var ttl = ""
    var nodeChecks: [String]?
    var serviceChecks: [String] = []
    /// The old name of `NodeChecks`.
    var checks: [String]?

    init() {}

    init(body: [UInt8]) throws(JSONReadError) {
        var session = SessionBody()
        try JSONReader.readBody(body) { reader, folded, name throws(JSONReadError) in
            try session.readField(&reader, folded, name)
        }
        self = session
    }

    private mutating func readField(
        _ reader: inout JSONReader,
        _ folded: String,
        _ name: String
    ) throws(JSONReadError) {
        switch folded {
        case "name": self.name = try reader.readString()
        case "node": node = try reader.readString()
        case "lockdelay": lockDelayMilliseconds = try reader.readLockDelay()
        case "behavior": behavior = try reader.readString()
        case "ttl": ttl = try reader.readString()
        case "nodechecks": nodeChecks = try reader.readStrings()
        case "checks": checks = try reader.readStrings()
        case "servicechecks":
            guard try reader.enterArray() else { return }
            while try reader.nextElement() {
                try reader.readFields { reader, folded, name throws(JSONReadError) in
                    switch folded {
                    case "id": serviceChecks.append(try reader.readString())
                    case "namespace": try reader.refuseTenancy(name)
                    default: throw .unknownField(name)
                    }
                }
            }
        case "namespace", "partition": try reader.refuseTenancy(name)
        case "id", "createindex", "modifyindex": try reader.ignoreValue()
        default: throw .unknownField(name)
        }
    }
}
