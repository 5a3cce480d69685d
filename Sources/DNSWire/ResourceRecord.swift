/// One record of class IN: owner, type, TTL in seconds and rdata in uncompressed wire form.
///
/// RFC 1035 §3.2.1.
package struct ResourceRecord: Hashable, Sendable {
    package var owner: DomainName
    package var type: RecordType
    package var ttlSeconds: UInt32
    package var rdata: [UInt8]

    package init(owner: DomainName, type: RecordType, ttlSeconds: UInt32, rdata: [UInt8]) {
        self.owner = owner
        self.type = type
        self.ttlSeconds = ttlSeconds
        self.rdata = rdata
    }
}
