/// What an instance tells about itself when it registers.
public struct ServiceRegistration: Hashable, Sendable {
    /// The service's name.
    public var service: String
    /// An IP address or a host name under which others reach the instance.
    public var host: String
    /// The port that others connect to.
    public var port: Int
    /// Unique on its node; nil lets the registry make one from service, host and port.
    public var id: String?
    /// Words to tell instances of a service apart by.
    public var tags: [String]
    /// Free pairs, which DNS answers as TXT records.
    public var metadata: [String: String]
    /// SRV weights; nil for the registry's default.
    public var weights: ServiceInstance.Weights?
    /// The term of the lease, after which an instance without heartbeat is removed; nil for no
    /// lease.
    public var ttl: Duration?
    /// What the registry is to check by itself.
    public var checks: [HealthCheck]

    /// Describes an instance.
    public init(
        service: String,
        host: String,
        port: Int,
        id: String? = nil,
        tags: [String] = [],
        metadata: [String: String] = [:],
        weights: ServiceInstance.Weights? = nil,
        ttl: Duration? = nil,
        checks: [HealthCheck] = []
    ) {
        self.service = service
        self.host = host
        self.port = port
        self.id = id
        self.tags = tags
        self.metadata = metadata
        self.weights = weights
        self.ttl = ttl
        self.checks = checks
    }
}

extension ServiceRegistration: Encodable {
    private enum CodingKeys: String, CodingKey {
        case service, host, port, id, tags, metadata, weights, ttl, checks
    }

    /// Writes the form of the native API; what is not set is left out.
    public func encode(to encoder: any Encoder) throws {
        var values = encoder.container(keyedBy: CodingKeys.self)
        try values.encode(service, forKey: .service)
        try values.encode(host, forKey: .host)
        try values.encode(port, forKey: .port)
        try values.encodeIfPresent(id, forKey: .id)
        if !tags.isEmpty { try values.encode(tags, forKey: .tags) }
        if !metadata.isEmpty { try values.encode(metadata, forKey: .metadata) }
        try values.encodeIfPresent(weights, forKey: .weights)
        try values.encodeIfPresent(ttl?.milliseconds, forKey: .ttl)
        if !checks.isEmpty { try values.encode(checks, forKey: .checks) }
    }
}

extension Duration {
    /// Such as `1500ms`: the API reads it exactly.
    var milliseconds: String {
        "\(components.seconds * 1000 + components.attoseconds / 1_000_000_000_000_000)ms"
    }
}
