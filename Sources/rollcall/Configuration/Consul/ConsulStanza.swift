/// A `service` or a `check` of a Consul configuration file, before its rules are checked.
struct ConsulStanza: Hashable, Sendable {
    enum Kind: Hashable, Sendable {
        case service
        case check
    }

    var kind: Kind
    /// The object in JSON, with the field names of the HTTP API.
    var json: [UInt8]
    var place: ConfigurationError.Place
}
