/// Why a DNS question is answered as it is: what the name stands for, and of each instance whether it
/// is in the answer.
public struct AnswerExplanation: Codable, Hashable, Sendable {
    /// One instance, and whether it is answered.
    public struct Instance: Codable, Hashable, Sendable {
        /// The instance's id.
        public var id: String
        /// The name of its node.
        public var node: String
        /// An IP address or a host name.
        public var host: String
        /// The port; 0 for none.
        public var port: Int
        /// What its checks and its node's say.
        public var health: ServiceInstance.Health
        /// True when it is in the answer.
        public var answered: Bool
        /// Why it is, or is not.
        public var reason: String
    }

    /// The owner name in full, with its final dot.
    public var name: String
    /// The record type, such as `SRV`.
    public var type: String
    /// What the name stands for: `service`, `node`, `address`, `query`, `reverse`, `zone file`, `zone`,
    /// `outside` or `nothing`.
    public var kind: String
    /// The service whose instances are listed.
    public var service: String?
    /// The tag that the name asks for.
    public var tag: String?
    /// The node that the name stands for.
    public var node: String?
    /// What comes of it, in a sentence.
    public var summary: String
    /// What else has a say, such as a limit.
    public var remarks: [String]
    /// In the registry's order.
    public var instances: [Instance]
}

extension Discovery {
    /// Why the registry's DNS answers a question as it does.
    ///
    /// - Parameters:
    ///   - name: A domain name, such as `web.service.consul`, or an IP address.
    ///   - type: A record type; without it `A`, or `PTR` for an address.
    ///
    /// Throws `ClientError`, or `CancellationError` when the task is cancelled.
    public func explanation(of name: String, type: String? = nil) async throws -> AnswerExplanation
    {
        var query: [(name: String, value: String?)] = [("name", name)]
        if let type { query.append(("type", type)) }
        return try await server.call("GET", ["explain"], query: query)
            .decode(AnswerExplanation.self)
    }
}
