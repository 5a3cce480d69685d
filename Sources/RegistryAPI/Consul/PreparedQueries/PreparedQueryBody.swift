internal import ServiceCatalog

/// The body of `query` and `query/:id`.
struct PreparedQueryBody: Hashable {
    /// Without indexes.
    var query = PreparedQuery(id: "", service: PreparedQuery.Service(service: ""))

    /// Reads a body; an empty one says nothing.
    init(body: [UInt8]) throws(JSONReadError) {
        guard !body.isEmpty else { return }
        var read = query
        try JSONReader.readBody(body) { reader, folded, name throws(JSONReadError) in
            switch folded {
            case "id": read.id = try reader.readString()
            case "name": read.name = try reader.readString()
            case "session": read.session = try reader.readString()
            case "token": read.token = try reader.readString()
            case "template": read.template = try Self.template(&reader)
            case "service": try Self.read(&read.service, &reader)
            case "dns":
                try reader.readFields { reader, folded, name throws(JSONReadError) in
                    guard folded == "ttl" else { throw .unknownField(name) }
                    read.dnsTTL = try reader.readString()
                }
            // Clients send back what they were given.
            case "createindex", "modifyindex": try reader.ignoreValue()
            default: throw .unknownField(name)
            }
        }
        query = read
    }

    /// Nil for a template that says nothing: Go's clients always send one.
    private static func template(
        _ reader: inout JSONReader
    ) throws(JSONReadError) -> PreparedQuery.Template? {
        var template = PreparedQuery.Template(type: "")
        try reader.readFields { reader, folded, name throws(JSONReadError) in
            switch folded {
            case "type": template.type = try reader.readString()
            case "regexp": template.regexp = try reader.readString()
            case "removeemptytags": template.removeEmptyTags = try reader.readBool()
            default: throw .unknownField(name)
            }
        }
        return template.type.isEmpty ? nil : template
    }

    private static func read(
        _ service: inout PreparedQuery.Service,
        _ reader: inout JSONReader
    ) throws(JSONReadError) {
        var read = service
        try reader.readFields { reader, folded, name throws(JSONReadError) in
            switch folded {
            case "service": read.service = try reader.readString()
            case "failover": try Self.read(&read.failover, &reader)
            case "onlypassing": read.onlyPassing = try reader.readBool()
            case "ignorecheckids": read.ignoreCheckIDs = try reader.readStrings()
            case "near": read.near = try reader.readString()
            case "tags": read.tags = try reader.readStrings()
            case "nodemeta": read.nodeMeta = try reader.readStringMap()
            case "servicemeta": read.serviceMeta = try reader.readStringMap()
            case "connect": read.connect = try reader.readBool()
            case "peer": read.peer = try reader.readString()
            case "samenessgroup":
                try reader.refuseValue(of: name, because: "there are no sameness groups")
            case "namespace", "partition": try reader.refuseTenancy(name)
            default: throw .unknownField(name)
            }
        }
        service = read
    }

    private static func read(
        _ failover: inout PreparedQuery.Failover,
        _ reader: inout JSONReader
    ) throws(JSONReadError) {
        var read = PreparedQuery.Failover()
        try reader.readFields { reader, folded, name throws(JSONReadError) in
            switch folded {
            case "nearestn": read.nearestN = try reader.readInt()
            case "datacenters": read.datacenters = try reader.readStrings()
            case "targets":
                guard try reader.enterArray() else { return }
                while try reader.nextElement() { read.targets.append(try target(&reader)) }
            default: throw .unknownField(name)
            }
        }
        failover = read
    }

    private static func target(
        _ reader: inout JSONReader
    ) throws(JSONReadError) -> PreparedQuery.Failover.Target {
        var target = PreparedQuery.Failover.Target()
        try reader.readFields { reader, folded, name throws(JSONReadError) in
            switch folded {
            case "peer": target.peer = try reader.readString()
            case "datacenter": target.datacenter = try reader.readString()
            case "namespace", "partition": try reader.refuseTenancy(name)
            default: throw .unknownField(name)
            }
        }
        return target
    }
}
