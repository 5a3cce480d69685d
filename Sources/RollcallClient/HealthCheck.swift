/// A check that the registry makes by itself, again and again.
public struct HealthCheck: Hashable, Sendable {
    /// What is done to find out whether the instance works.
    public enum Probe: Hashable, Sendable {
        /// Passing when a GET of this URL is answered with a status of 200 to 299.
        case http(url: String)
        /// Passing when a connection to this `host:port` opens.
        case tcp(String)
        /// Passing when a datagram to this `host:port` is answered, or at least not refused.
        case udp(String)
        /// Passing when the health service at this `host:port` answers SERVING.
        case grpc(String)
        /// Passing while the instance reports by itself at least this often.
        case ttl(Duration)
    }

    /// What is done.
    public var probe: Probe
    /// A name for people; nil lets the registry choose one.
    public var name: String?
    /// The time between two probes; nil for the registry's default.
    public var interval: Duration?
    /// A probe that takes longer has failed; nil for the registry's default.
    public var timeout: Duration?

    /// Describes a check.
    public init(
        _ probe: Probe,
        name: String? = nil,
        interval: Duration? = nil,
        timeout: Duration? = nil
    ) {
        self.probe = probe
        self.name = name
        self.interval = interval
        self.timeout = timeout
    }
}

extension HealthCheck: Encodable {
    private enum CodingKeys: String, CodingKey {
        case http, tcp, udp, grpc, ttl, name, interval, timeout
    }

    /// Writes the form of the native API: the kind is the key of the target.
    public func encode(to encoder: any Encoder) throws {
        var values = encoder.container(keyedBy: CodingKeys.self)
        switch probe {
        case .http(let url): try values.encode(url, forKey: .http)
        case .tcp(let target): try values.encode(target, forKey: .tcp)
        case .udp(let target): try values.encode(target, forKey: .udp)
        case .grpc(let target): try values.encode(target, forKey: .grpc)
        case .ttl(let term): try values.encode(term.milliseconds, forKey: .ttl)
        }
        try values.encodeIfPresent(name, forKey: .name)
        try values.encodeIfPresent(interval?.milliseconds, forKey: .interval)
        try values.encodeIfPresent(timeout?.milliseconds, forKey: .timeout)
    }
}
