internal import DNSWire

extension RecordType {
    /// True for types that never stand in a zone: OPT, query types and meta types (RFC 6895 §3.1).
    var isMeta: Bool {
        rawValue == 0 || self == .opt || (128...255).contains(rawValue)
    }
}
