package import DNSWire

/// The records of one name and type (RFC 2181 §5); the name is that of the node that holds it.
package struct RRset: Hashable, Sendable {
    package var type: RecordType
    package var ttlSeconds: UInt32
    /// Uncompressed rdata, one element a record.
    package var rdata: [[UInt8]]

    package init(type: RecordType, ttlSeconds: UInt32, rdata: [[UInt8]]) {
        self.type = type
        self.ttlSeconds = ttlSeconds
        self.rdata = rdata
    }

    /// The records, owned by `owner`.
    package func records(owner: DomainName) -> [ResourceRecord] {
        rdata.map {
            ResourceRecord(owner: owner, type: type, ttlSeconds: ttlSeconds, rdata: $0)
        }
    }
}
