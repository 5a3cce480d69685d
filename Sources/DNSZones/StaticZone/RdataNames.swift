internal import DNSWire

/// Names inside uncompressed rdata.
enum RdataNames {
    /// The name that starts at `offset` and the offset behind it; nil when there is none.
    static func name(in rdata: [UInt8], at offset: Int) -> (name: DomainName, next: Int)? {
        var end = offset
        while end < rdata.count, rdata[end] != 0 { end += 1 + Int(rdata[end]) }
        guard end < rdata.count, let name = try? DomainName(wire: Array(rdata[offset...end])) else {
            return nil
        }
        return (name, end + 1)
    }

    /// The host whose addresses help the client that asked for a record of `type`.
    ///
    /// RFC 1035 §3.3.11 (NS), §3.3.9 (MX), RFC 2782 (SRV).
    static func host(_ type: RecordType, _ rdata: [UInt8]) -> DomainName? {
        switch type {
        case .ns: name(in: rdata, at: 0)?.name
        case .mx: name(in: rdata, at: 2)?.name
        case .srv: name(in: rdata, at: 6)?.name
        default: nil
        }
    }

    /// The only name of CNAME, DNAME, NS and PTR rdata.
    static func target(_ rdata: [UInt8]) -> DomainName? {
        name(in: rdata, at: 0)?.name
    }
}
