internal import DNSResponder
internal import DNSWire

/// The fields of SOA rdata (RFC 1035 §3.3.13).
struct StartOfAuthority: Equatable {
    let primary: DomainName
    let mailbox: DomainName
    let serial: UInt32
    let refreshSeconds: UInt32
    let retrySeconds: UInt32
    let expireSeconds: UInt32
    let minimumSeconds: UInt32

    /// Nil when `rdata` is no uncompressed SOA.
    init?(rdata: [UInt8]) {
        guard let (primary, next) = RdataNames.name(in: rdata, at: 0),
            let (mailbox, end) = RdataNames.name(in: rdata, at: next),
            rdata.count == end + 20
        else { return nil }
        let numbers = stride(from: end, to: rdata.count, by: 4).map { start in
            rdata[start..<start + 4].reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
        }
        self.primary = primary
        self.mailbox = mailbox
        self.serial = numbers[0]
        self.refreshSeconds = numbers[1]
        self.retrySeconds = numbers[2]
        self.expireSeconds = numbers[3]
        self.minimumSeconds = numbers[4]
    }

    /// The zone as the answer table wants it.
    func publishedZone(apex: DomainName, ttlSeconds: UInt32) -> PublishedZone {
        PublishedZone(
            apex: apex,
            primary: primary,
            mailbox: mailbox,
            serial: serial,
            refreshSeconds: refreshSeconds,
            retrySeconds: retrySeconds,
            expireSeconds: expireSeconds,
            minimumSeconds: minimumSeconds,
            ttlSeconds: ttlSeconds
        )
    }
}
