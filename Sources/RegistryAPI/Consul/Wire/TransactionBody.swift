internal import ServiceCatalog

/// One operation in the body of `txn`, as it was sent.
struct TransactionBody {
    struct KeyValue: Hashable {
        var verb = ""
        var key = ""
        var value = Base64Bytes()
        var flags: UInt64 = 0
        var index: UInt64 = 0
        var session = ""
    }

    enum Operation {
        case keyValue(KeyValue)
        case node(verb: String, CatalogRegistrationBody)
        case service(verb: String, node: String, ServiceBody)
        case check(verb: String, ReportedCheckBody)
        case session(verb: String, id: String)
    }

    private(set) var operations: [Operation] = []

    init(body: [UInt8]) throws(JSONReadError) {
        var reader = JSONReader(body)
        guard try reader.enterArray() else { return }
        while try reader.nextElement() {
            var operation: Operation?
            try reader.readFields { reader, folded, name throws(JSONReadError) in
                let read: Operation? =
                    switch folded {
                    case "kv": try Self.readKeyValue(&reader)
                    case "node": try Self.readNode(&reader)
                    case "service": try Self.readService(&reader)
                    case "check": try Self.readCheck(&reader)
                    case "session": try Self.readSession(&reader)
                    default: throw .unknownField(name)
                    }
                if let read {
                    guard operation == nil else {
                        throw .unsupported(field: name, reason: "one operation has one part only")
                    }
                    operation = read
                }
            }
            if let operation { operations.append(operation) }
        }
        try reader.finish()
    }

    private static func readKeyValue(
        _ reader: inout JSONReader
    ) throws(JSONReadError) -> Operation? {
        var part = KeyValue()
        let isGiven = try reader.readFields { reader, folded, name throws(JSONReadError) in
            switch folded {
            case "verb": part.verb = try reader.readString()
            case "key": part.key = try reader.readString()
            case "value":
                guard let value = Base64Bytes(base64: try reader.readString()) else {
                    throw .unsupported(field: name, reason: "it is not base64")
                }
                part.value = value
            case "flags": part.flags = try reader.readUnsigned()
            case "index": part.index = try reader.readUnsigned()
            case "session": part.session = try reader.readString()
            case "namespace", "partition": try reader.refuseTenancy(name)
            case "lockindex", "createindex", "modifyindex": try reader.ignoreValue()
            default: throw .unknownField(name)
            }
        }
        return isGiven ? .keyValue(part) : nil
    }

    private static func readNode(_ reader: inout JSONReader) throws(JSONReadError) -> Operation? {
        var verb = ""
        var node: CatalogRegistrationBody?
        let isGiven = try reader.readFields { reader, folded, name throws(JSONReadError) in
            switch folded {
            case "verb": verb = try reader.readString()
            case "node": node = try CatalogRegistrationBody.readNode(&reader)
            default: throw .unknownField(name)
            }
        }
        return isGiven ? node.map { .node(verb: verb, $0) } : nil
    }

    private static func readService(
        _ reader: inout JSONReader
    ) throws(JSONReadError) -> Operation? {
        var verb = ""
        var node = ""
        var service: ServiceBody?
        let isGiven = try reader.readFields { reader, folded, name throws(JSONReadError) in
            switch folded {
            case "verb": verb = try reader.readString()
            case "node": node = try reader.readString()
            case "service": service = try ServiceBody.read(&reader)
            default: throw .unknownField(name)
            }
        }
        return isGiven ? service.map { .service(verb: verb, node: node, $0) } : nil
    }

    private static func readCheck(_ reader: inout JSONReader) throws(JSONReadError) -> Operation? {
        var verb = ""
        var check: ReportedCheckBody?
        let isGiven = try reader.readFields { reader, folded, name throws(JSONReadError) in
            switch folded {
            case "verb": verb = try reader.readString()
            case "check": check = try ReportedCheckBody.read(&reader)
            default: throw .unknownField(name)
            }
        }
        return isGiven ? check.map { .check(verb: verb, $0) } : nil
    }

    private static func readSession(
        _ reader: inout JSONReader
    ) throws(JSONReadError) -> Operation? {
        var verb = ""
        var id = ""
        let isGiven = try reader.readFields { reader, folded, name throws(JSONReadError) in
            switch folded {
            case "verb": verb = try reader.readString()
            case "session":
                try reader.readFields { reader, folded, _ throws(JSONReadError) in
                    if folded == "id" {
                        id = try reader.readString()
                    } else {
                        try reader.ignoreValue()
                    }
                }
            default: throw .unknownField(name)
            }
        }
        return isGiven ? .session(verb: verb, id: id) : nil
    }
}
