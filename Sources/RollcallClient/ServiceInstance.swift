/// One registered endpoint of a service, as the registry knows it.
public struct ServiceInstance: Codable, Hashable, Sendable, Identifiable {
    /// The state that all checks of an instance add up to.
    public enum Health: String, Codable, Hashable, Sendable {
        /// Every check passes.
        case up = "UP"
        /// A check warns and none is critical; the instance is still in DNS answers.
        case warning = "WARN"
        /// A check is critical; the instance is not in DNS answers.
        case down = "DOWN"
    }

    /// How much of the traffic an instance gets, by state: the weights of its SRV records.
    public struct Weights: Codable, Hashable, Sendable {
        /// The weight while every check passes.
        public var passing: Int
        /// The weight while a check warns.
        public var warning: Int

        /// Sets both weights.
        public init(passing: Int = 1, warning: Int = 1) {
            self.passing = passing
            self.warning = warning
        }
    }

    /// One check and its last result.
    public struct Check: Codable, Hashable, Sendable, Identifiable {
        /// Unique on the node.
        public var id: String
        /// A name for people.
        public var name: String
        /// `passing`, `warning` or `critical`.
        public var status: String
        /// What the last probe or report said.
        public var output: String
    }

    /// The instance's id, unique on its node.
    public var id: String
    /// The service that it belongs to.
    public var service: String
    /// The name of the node that it runs on.
    public var node: String
    /// An IP address or a host name.
    public var host: String
    /// 0 when the service has no port.
    public var port: Int
    /// The state that all checks add up to.
    public var health: Health
    /// Words to tell instances of a service apart by.
    public var tags: [String]
    /// Free pairs, which DNS answers as TXT records.
    public var metadata: [String: String]
    /// SRV weights.
    public var weights: Weights
    /// True once it was asked to leave: it is still known, but not in DNS answers.
    public var draining: Bool
    /// The checks of the instance and of its node.
    public var checks: [Check]

    /// Reads the form of the native API; what an older server leaves out is empty.
    public init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        id = try values.decode(String.self, forKey: .id)
        service = try values.decodeIfPresent(String.self, forKey: .service) ?? ""
        node = try values.decodeIfPresent(String.self, forKey: .node) ?? ""
        host = try values.decode(String.self, forKey: .host)
        port = try values.decode(Int.self, forKey: .port)
        health = try values.decode(Health.self, forKey: .health)
        tags = try values.decodeIfPresent([String].self, forKey: .tags) ?? []
        metadata = try values.decodeIfPresent([String: String].self, forKey: .metadata) ?? [:]
        weights = try values.decodeIfPresent(Weights.self, forKey: .weights) ?? Weights()
        draining = try values.decodeIfPresent(Bool.self, forKey: .draining) ?? false
        checks = try values.decodeIfPresent([Check].self, forKey: .checks) ?? []
    }
}
