/// The body of `acl/bootstrap`, which may be missing.
struct BootstrapBody: Hashable {
    /// The secret that the token shall have; empty: a random one.
    var secret = ""

    init(body: [UInt8]) throws(JSONReadError) {
        guard body.contains(where: { $0 > 0x20 }) else { return }
        var secret = ""
        try JSONReader.readBody(body) { reader, folded, name throws(JSONReadError) in
            guard folded == "bootstrapsecret" else { throw .unknownField(name) }
            secret = try reader.readString()
        }
        self.secret = secret
    }
}
