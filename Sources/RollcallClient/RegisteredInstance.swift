/// What the registry answers to a registration and to a heartbeat.
public struct RegisteredInstance: Hashable, Sendable {
    /// The name of the instance in later calls.
    public var instanceID: String
    /// The name of the lease; nil for an instance without one.
    public var leaseID: String?
    /// The next heartbeat must come within this time; nil for an instance without a lease.
    public var ttl: Duration?
}

extension RegisteredInstance: Decodable {
    private enum CodingKeys: String, CodingKey {
        case instanceID = "instance_id"
        case leaseID = "lease_id"
        case ttl
    }

    /// Reads the form of the native API, where `ttl` is a number of seconds or a text such as
    /// `30s`.
    public init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        instanceID = try values.decode(String.self, forKey: .instanceID)
        leaseID = try values.decodeIfPresent(String.self, forKey: .leaseID)
        if let leaseID, leaseID.isEmpty { self.leaseID = nil }
        if let seconds = try? values.decodeIfPresent(Double.self, forKey: .ttl) {
            ttl = .milliseconds(Int64(seconds * 1000))
        } else if let text = try values.decodeIfPresent(String.self, forKey: .ttl) {
            guard let duration = Duration(goText: text) else {
                throw DecodingError.dataCorruptedError(
                    forKey: .ttl,
                    in: values,
                    debugDescription: "not a duration: \(text)"
                )
            }
            ttl = duration
        }
        if let ttl, ttl <= .zero { self.ttl = nil }
    }
}

extension Duration {
    /// Reads texts such as `30s`, `1m30s`, `1.5s` and `500ms`; nil for anything else.
    init?(goText text: String) {
        let units: [String: Double] = ["ms": 1, "s": 1000, "m": 60_000, "h": 3_600_000]
        var rest = Substring(text)
        var milliseconds = 0.0
        guard !rest.isEmpty else { return nil }
        while !rest.isEmpty {
            let number = rest.prefix { $0.isASCII && ($0.isNumber || $0 == ".") }
            rest = rest.dropFirst(number.count)
            let unit = rest.prefix { $0.isASCII && $0.isLetter }
            rest = rest.dropFirst(unit.count)
            guard let count = Double(number), let factor = units[String(unit)] else { return nil }
            milliseconds += count * factor
        }
        guard milliseconds < 1e15 else { return nil }
        self = .milliseconds(Int64(milliseconds))
    }
}
