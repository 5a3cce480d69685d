internal import DNSResponder
internal import DNSWire

/// The records of all instances of a large service, or of those with one tag.
struct PackedPart {
    private(set) var count = 0
    private(set) var upCount = 0
    /// Those that somebody took out.
    private var withheldCount = 0
    /// Instances with a host name in place of addresses.
    private var hostCount = 0
    private var addresses4: PackedSet<IPAddress>
    private var addresses6: PackedSet<IPAddress>
    private var texts: PackedSet<[UInt8]>
    /// For each domain.
    private var services: [PackedSet<ServiceKey>]
    private let onlyPassing: Bool

    init(_ domains: [ServiceNames], ttlSeconds: UInt32, onlyPassing: Bool) {
        addresses4 = PackedSet(type: .a, ttlSeconds: ttlSeconds)
        addresses6 = PackedSet(type: .aaaa, ttlSeconds: ttlSeconds)
        texts = PackedSet(type: .txt, ttlSeconds: ttlSeconds)
        services = domains.map { _ in PackedSet(type: .srv, ttlSeconds: ttlSeconds) }
        self.onlyPassing = onlyPassing
    }

    /// What tells SRV records apart.
    struct ServiceKey: Hashable {
        var target: Endpoint.Identity
        var port: UInt16
    }

    mutating func add(_ endpoint: Endpoint, _ domains: [ServiceNames]) {
        count += 1
        if endpoint.isWithheld { withheldCount += 1 }
        guard endpoint.isAnswered(onlyPassing: onlyPassing) else { return }
        upCount += 1
        if endpoint.host != nil { hostCount += 1 }
        for address in endpoint.addresses {
            switch address {
            case .v4: addresses4.add(address, address.rdata)
            case .v6: addresses6.add(address, address.rdata)
            }
        }
        if let text = endpoint.text { texts.add(text, text) }
        for index in domains.indices {
            endpoint.forEachService(domains[index]) { services[index].add($0, $1) }
        }
    }

    /// Takes back what `add` did.
    mutating func remove(_ endpoint: Endpoint, _ domains: [ServiceNames]) {
        count -= 1
        if endpoint.isWithheld { withheldCount -= 1 }
        guard endpoint.isAnswered(onlyPassing: onlyPassing) else { return }
        upCount -= 1
        if endpoint.host != nil { hostCount -= 1 }
        for address in endpoint.addresses {
            switch address {
            case .v4: addresses4.remove(address, address.rdata)
            case .v6: addresses6.remove(address, address.rdata)
            }
        }
        if let text = endpoint.text { texts.remove(text, text) }
        for index in domains.indices {
            endpoint.forEachService(domains[index]) { services[index].remove($0, $1) }
        }
    }

    /// True when all are to be answered, also those whose records are not here.
    func isPanic(percent: Int) -> Bool {
        PanicThreshold.isPanic(healthy: upCount, of: count - withheldCount, percent: percent)
    }

    /// True when the RRsets are records and nothing else: no host name leads elsewhere, and a
    /// message of `bytesMax` has no room for the addresses of SRV targets.
    func isPlain(bytesMax: Int) -> Bool {
        hostCount == 0 && services.allSatisfy { $0.records.byteCount >= bytesMax }
            && counts.allSatisfy { $0 <= PublishedRRset.recordsMax }
    }

    private var counts: [Int] {
        [addresses4.records, addresses6.records, texts.records].map(\.count)
            + services.map(\.records.count)
    }

    /// The RRsets of a domain.
    func rrsets(domain: Int, ttlSeconds: UInt32) -> [PublishedRRset] {
        let all: [(RecordType, PackedRecords)] = [
            (.a, addresses4.records), (.aaaa, addresses6.records),
            (.srv, services[domain].records), (.txt, texts.records),
        ]
        return all.filter { $0.1.count > 0 }
            .map { PublishedRRset(type: $0, ttlSeconds: ttlSeconds, packed: $1) }
    }
}

extension Endpoint {
    /// The TXT rdata of its meta: its pairs as `key=value` strings in order of key.
    ///
    /// RFC 6763 §6.3. A pair that is too long for one string is left out.
    var text: [UInt8]? {
        guard !meta.isEmpty else { return nil }
        let pairs = meta.sorted { $0.key < $1.key }
            .map { "\($0.key)=\($0.value)" }.filter(\.isCharacterString)
        return pairs.isEmpty ? nil : RData.txt(pairs)
    }

    /// Its SRV records; a port that is none is left out.
    func forEachService(
        _ names: ServiceNames,
        _ body: (PackedPart.ServiceKey, [UInt8]) -> Void
    ) {
        forEachTarget(names) { target in
            guard let port = UInt16(exactly: target.port) else { return }
            body(
                PackedPart.ServiceKey(target: target.identity, port: port),
                RData.srv(priority: 1, weight: weight, port: port, target: target.name)
            )
        }
    }
}
