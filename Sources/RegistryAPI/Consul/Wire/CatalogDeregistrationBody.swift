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
