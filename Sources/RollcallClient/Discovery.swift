/// Asks the registry which services and instances there are.
public struct Discovery: Sendable {
    /// The instances of a service at one moment.
    public struct Instances: Hashable, Sendable {
        /// The catalog's index then; give it back to wait for what comes after.
        public var index: UInt64
        /// In the registry's order.
        public var instances: [ServiceInstance]
    }

    /// Where the questions go.
    public var server: RegistryServer

    /// Asks `server`.
    public init(_ server: RegistryServer) {
        self.server = server
    }

    /// The names of all services, each with the tags of its instances.
    ///
    /// Throws `ClientError`, or `CancellationError` when the task is cancelled.
    public func services() async throws -> [String: [String]] {
        try await server.call("GET", ["services"]).decode([String: [String]].self)
    }

    /// The instances of `service`.
    ///
    /// - Parameters:
    ///   - service: The service's name.
    ///   - passingOnly: Leaves out instances that are not `up`.
    ///   - tag: Leaves out instances without this tag.
    ///
    /// Throws `ClientError`, with the code `notFound` where the service is unknown, or
    /// `CancellationError` when the task is cancelled.
    public func instances(
        of service: String,
        passingOnly: Bool = false,
        tag: String? = nil
    ) async throws -> Instances {
        try await instances(of: service, query: Self.query(passingOnly, tag), wait: .zero)
    }

    /// The instances of `service` as soon as the catalog has changed after `index`.
    ///
    /// Answers with what there is when nothing changes within `wait`. Throws as
    /// ``instances(of:passingOnly:tag:)`` does.
    public func instances(
        of service: String,
        after index: UInt64,
        wait: Duration,
        passingOnly: Bool = false,
        tag: String? = nil
    ) async throws -> Instances {
        let milliseconds =
            wait.components.seconds * 1000
            + wait.components.attoseconds / 1_000_000_000_000_000
        let query =
            Self.query(passingOnly, tag) + [
                (name: "index", value: String(index)), (name: "wait", value: "\(milliseconds)ms"),
            ]
        return try await instances(of: service, query: query, wait: wait)
    }

    private func instances(
        of service: String,
        query: [(name: String, value: String?)],
        wait: Duration
    ) async throws -> Instances {
        // The server spreads the ends of long waits by up to a sixteenth.
        let reply = try await server.call(
            "GET",
            ["services", service],
            query: query,
            longerBy: wait + wait / 8
        )
        return Instances(
            index: reply.index ?? 0,
            instances: try reply.decode([ServiceInstance].self)
        )
    }

    private static func query(
        _ passingOnly: Bool,
        _ tag: String?
    ) -> [(name: String, value: String?)] {
        var query: [(name: String, value: String?)] = []
        if passingOnly { query.append(("passing", nil)) }
        if let tag { query.append(("tag", tag)) }
        return query
    }
}
