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
    private var known = FirstPlaces<PackedPart.ServiceKey>()
    /// The record that first leads to each target.
    private var targets = FirstPlaces<Endpoint.Identity>()
    private var addresses = Additional()
    private var texts = Additional()
    private var nodes: Set<String> = []
    /// What is left of one message.
    private var bytesLeft = WireLimits.messageBytesMax - WireLimits.headerBytes

    /// Owner as a pointer, type, class, TTL and length.
    private static let recordBytes = 12

    /// Additional records, and the SRV record whose target their owner is.
    private struct Additional {
        var records: [ResourceRecord] = []
        var targets: [Int?] = []
    }

    init(ttlSeconds: UInt32) {
        self.ttlSeconds = ttlSeconds
    }

    /// One record for each target and port, of several the one with the least weight; a port
    /// that is none is left out.
    mutating func add(_ target: Endpoint.Target, weight: UInt16) {
        guard rdata.count < PublishedRRset.recordsMax, let port = UInt16(exactly: target.port)
        else { return }
        let record = RData.srv(priority: 1, weight: weight, port: port, target: target.name)
        let key = PackedPart.ServiceKey(target: target.identity, port: port)
        if let index = known.insert(key, rdata.count) {
            // The same rule as in `PackedSet`.
            if record.lexicographicallyPrecedes(rdata[index]) { rdata[index] = record }
            return
        }
        let isNew = targets.insert(target.identity, rdata.count) == nil
        rdata.append(record)
        bytesLeft -= Self.recordBytes + record.count
        guard isNew, bytesLeft > 0 else { return }
        for address in target.addresses {
            let record = ResourceRecord(
                owner: target.name,
                type: address.recordType,
                ttlSeconds: ttlSeconds,
                rdata: address.rdata
            )
            addresses.records.append(record)
            addresses.targets.append(rdata.count - 1)
        }
    }

    /// The meta of an instance's node, at the node's name; comes after all targets.
    mutating func addNode(of endpoint: Endpoint, _ names: ServiceNames) {
        guard bytesLeft > 0, !endpoint.nodeMeta.isEmpty,
            nodes.insert(endpoint.nodeName).inserted,
            let owner = names.canonicalNode(endpoint.nodeName)
        else { return }
        let target = targets[.node(endpoint.nodeName)]
        for rrset in NodeText.rrset(endpoint.nodeMeta, ttlSeconds: ttlSeconds) {
            texts.records += rrset.records(at: owner)
            texts.targets += rrset.rdata.map { _ in target }
            bytesLeft -= rrset.rdata.reduce(0) { $0 + Self.recordBytes + $1.count }
        }
    }

    /// Nil without a record.
    var rrset: PublishedRRset? {
        guard !rdata.isEmpty else { return nil }
        var rrset = PublishedRRset(
            type: .srv,
            ttlSeconds: ttlSeconds,
            rdata: rdata,
            rotates: true
        )
        var room = WireLimits.messageBytesMax - WireLimits.headerBytes
        room -= rdata.reduce(0) { $0 + Self.recordBytes + $1.count }
        for additional in [addresses, texts] {
            for (record, target) in zip(additional.records, additional.targets) {
                room -= Self.recordBytes + record.rdata.count
                guard room >= 0 else { return rrset }
                rrset.additional.append(record)
                rrset.additionalTargets.append(target)
            }
        }
        return rrset
    }
}

extension PublishedRRset {
    /// More records than any message holds, and few enough to be counted in one with others.
    static let recordsMax = 60_000
}

/// Where each of some values was first seen.
///
/// Few are searched one by one, which costs less than hashing them.
struct FirstPlaces<Value: Hashable> {
    private var few: [(value: Value, place: Int)] = []
    private var many: [Value: Int] = [:]

    private static var fewMax: Int { 16 }

    /// Notes `place` for a value that is new; the place of one that is not.
    mutating func insert(_ value: Value, _ place: Int) -> Int? {
        if let known = self[value] { return known }
        if few.count < Self.fewMax {
            few.append((value, place))
        } else {
            if many.isEmpty { for (value, place) in few { many[value] = place } }
            many[value] = place
        }
        return nil
    }

    subscript(value: Value) -> Int? {
        guard many.isEmpty else { return many[value] }
        for known in few where known.value == value { return known.place }
        return nil
    }
}
