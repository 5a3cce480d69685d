/// Why a question is answered as it is: what the name stands for, and of each instance whether it is
/// in the answer.
///
/// For people who look for a missing instance; the words are whole sentences without a full stop.
package struct NameExplanation: Codable, Hashable, Sendable {
    /// What a name stands for.
    package enum Kind: String, Codable, Sendable {
        case service
        case node
        case address
        /// A prepared query.
        case query
        /// The reverse name of an address.
        case reverse
        /// A name of a zone file.
        case zoneFile = "zone file"
        /// The zone's apex, or a name that only has names below it.
        case zone
        /// No name of any zone.
        case outside
        /// Nothing exists at the name.
        case nothing
    }

    /// One instance, and whether it is answered.
    package struct Verdict: Codable, Hashable, Sendable {
        package var id: String
        package var node: String
        package var host: String
        package var port: Int
        /// `UP`, `WARN` or `DOWN`.
        package var health: String
        package var answered: Bool
        /// Why.
        package var reason: String

        package init(
            id: String,
            node: String,
            host: String,
            port: Int,
            health: String,
            answered: Bool,
            reason: String
        ) {
            self.id = id
            self.node = node
            self.host = host
            self.port = port
            self.health = health
            self.answered = answered
            self.reason = reason
        }
    }

    /// The owner name in full, with its final dot.
    package var name: String
    /// The type as a mnemonic, such as `SRV`.
    package var type: String
    package var kind: Kind
    /// The service whose instances are listed.
    package var service: String?
    /// The tag that the name asks for.
    package var tag: String?
    /// The node that the name stands for.
    package var node: String?
    /// What comes of it.
    package var summary: String
    /// What else has a say, such as a limit.
    package var remarks: [String]
    /// In the order of the catalog.
    package var instances: [Verdict]

    package init(
        name: String,
        type: String,
        kind: Kind,
        service: String? = nil,
        tag: String? = nil,
        node: String? = nil,
        summary: String,
        remarks: [String] = [],
        instances: [Verdict] = []
    ) {
        self.name = name
        self.type = type
        self.kind = kind
        self.service = service
        self.tag = tag
        self.node = node
        self.summary = summary
        self.remarks = remarks
        self.instances = instances
    }
}

extension HealthStatus {
    /// `UP`, `WARN` or `DOWN`, as the native API says it.
    package var word: String {
        switch self {
        case .passing: "UP"
        case .warning: "WARN"
        case .critical: "DOWN"
        }
    }
}
