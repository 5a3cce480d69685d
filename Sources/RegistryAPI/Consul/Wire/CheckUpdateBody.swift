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
