internal import DNSResponder
internal import DNSWire
internal import ServiceCatalog

/// Builds the SRV records of a service and the additional ones that go with them.
///
/// Additional records that no message could hold beside the SRV records are left out: a service
/// may have thousands of instances.
struct ServiceRecords {
    let ttlSeconds: UInt32
    private var rdata: [[UInt8]] = []
    private var known: Set<Endpoint.Key> = []
    private var addresses: [ResourceRecord] = []
    private var texts: [ResourceRecord] = []
    private var targets: Set<DomainName> = []
    private var nodes: Set<String> = []
    /// What is left of one message.
    private var bytesLeft = WireLimits.messageBytesMax - WireLimits.headerBytes

    /// Owner as a pointer, type, class, TTL and length.
    private static let recordBytes = 12

    init(ttlSeconds: UInt32) {
        self.ttlSeconds = ttlSeconds
    }

    /// One record for each target and port; a port that is none is left out.
    mutating func add(_ target: Endpoint.Target, weight: UInt16) {
        guard rdata.count < PublishedRRset.recordsMax, let port = UInt16(exactly: target.port),
            known.insert(Endpoint.Key(name: target.name, port: port)).inserted
        else { return }
        let record = RData.srv(priority: 1, weight: weight, port: port, target: target.name)
        rdata.append(record)
        bytesLeft -= Self.recordBytes + record.count
        guard targets.insert(target.name).inserted else { return }
        for address in target.addresses {
            addresses.append(
                ResourceRecord(
                    owner: target.name,
                    type: address.recordType,
                    ttlSeconds: ttlSeconds,
                    rdata: address.rdata
                )
            )
        }
    }

    /// The meta of a node, at the node's name; comes after all targets.
    mutating func add(_ node: Node, _ names: ServiceNames) {
        guard bytesLeft > 0, nodes.insert(node.name).inserted,
            let owner = names.canonicalNode(node.name)
        else { return }
        for rrset in NodeText.rrset(node.meta, ttlSeconds: ttlSeconds) {
            texts += rrset.records(at: owner)
            bytesLeft -= rrset.rdata.reduce(0) { $0 + Self.recordBytes + $1.count }
        }
    }

    /// Nil without a record.
    var rrset: PublishedRRset? {
        guard !rdata.isEmpty else { return nil }
        let answerBytes = rdata.reduce(0) { $0 + Self.recordBytes + $1.count }
        var room = WireLimits.messageBytesMax - WireLimits.headerBytes - answerBytes
        let additional = (addresses + texts).prefix { record in
            room -= Self.recordBytes + record.rdata.count
            return room >= 0
        }
        return PublishedRRset(
            type: .srv,
            ttlSeconds: ttlSeconds,
            rdata: rdata,
            additional: Array(additional),
            rotates: true
        )
    }
}

extension Endpoint {
    /// What tells SRV records apart.
    struct Key: Hashable {
        var name: DomainName
        var port: UInt16
    }
}

extension PublishedRRset {
    /// More records than any message holds, and few enough to be counted in one with others.
    static let recordsMax = 60_000
}
