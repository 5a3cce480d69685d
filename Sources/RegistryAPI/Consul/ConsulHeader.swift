internal import HTTPTypes

/// Header fields of Consul's API, spelled as Consul spells them on the wire.
enum ConsulHeader {
    static let index = name("X-Consul-Index")
    static let knownLeader = name("X-Consul-Knownleader")
    static let lastContact = name("X-Consul-Lastcontact")
    static let effectiveConsistency = name("X-Consul-Effective-Consistency")
    static let queryBackend = name("X-Consul-Query-Backend")
    static let defaultACLPolicy = name("X-Consul-Default-Acl-Policy")
    static let token = name("X-Consul-Token")
    static let resultsFilteredByACLs = name("X-Consul-Results-Filtered-By-Acls")
    static let contentHash = name("X-Consul-Contenthash")
    static let cache = name("X-Cache")
    static let namespace = name("X-Consul-Namespace")
    static let partition = name("X-Consul-Partition")

    private static func name(_ text: String) -> HTTPField.Name {
        guard let name = HTTPField.Name(text) else {
            preconditionFailure("\(text) is no name of a header field")
        }
        return name
    }
}
