internal import DNSWire

/// The owner names that the catalog has under one domain.
///
/// Names with a label that DNS cannot carry do not exist: every function returns only what does.
struct ServiceNames {
    let domain: DomainName
    var datacenter: String

    /// Other domains of the catalog below this one: what lies in them is theirs.
    var inner: [DomainName] = []

    /// `name` under the domain, and again under the datacenter's label.
    private func both(_ name: [String]) -> [DomainName] {
        let names = [name, name + [datacenter]].compactMap { Self.join($0, domain) }
        guard !inner.isEmpty else { return names }
        return names.filter { name in !inner.contains { name.isSubdomain(of: $0) } }
    }

    /// `labels` before `domain`; nil when that is no valid name.
    private static func join(_ labels: [String], _ domain: DomainName) -> DomainName? {
        let bytes = labels.map { ArraySlice($0.utf8) }
        return try? DomainName(labels: bytes + domain.labels)
    }

    /// The labels of `text`, which dots separate; nil when DNS cannot carry one of them.
    static func labels(_ text: String) -> [String]? {
        let labels = text.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
        let sizes = 1...WireLimits.labelBytesMax
        return labels.allSatisfy { sizes.contains($0.utf8.count) } ? labels : nil
    }

    /// A host name in an answer: letters, digits, `-` and `_` only (RFC 1123 §2.1), as a registrant
    /// may have written a URL or worse; nil for anything else.
    static func host(_ text: String) -> DomainName? {
        let isPlain = text.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"),
                UInt8(ascii: "."):
                true
            default: false
            }
        }
        guard isPlain, let name = try? DomainName(text), !name.isRoot else { return nil }
        return name
    }

    /// Names that exist as long as the domain does, whether anything is below them or not.
    var permanent: [DomainName] {
        both(["service"]) + both(["node"]) + both(["addr"]) + both([])
    }

    /// What `query` names lie below.
    var queries: [DomainName] { both(["query"]) }

    /// `<labels>.service`: a service's name, or a tag's labels and the service's name.
    func service(_ labels: [String]) -> [DomainName] { both(labels + ["service"]) }

    /// `_<service>._tcp` and `_udp`, or with a tag of one label `_<service>._<tag>`; the label
    /// `service` may follow (RFC 2782).
    ///
    /// A service with dots in its name has none of these.
    func underscored(_ service: String, tag: String?) -> [DomainName] {
        guard let labels = Self.labels(service), labels.count == 1 else { return [] }
        let second: [String]
        if let tag {
            guard Self.labels(tag)?.count == 1, !["tcp", "udp"].contains(tag.lowercased()) else {
                return []
            }
            second = [tag]
        } else {
            second = ["tcp", "udp"]
        }
        return second.flatMap { label in
            both(["_\(service)", "_\(label)", "service"]) + both(["_\(service)", "_\(label)"])
        }
    }

    /// All names of `service`, or of what bears `tag` in it.
    func all(_ service: String, tag: String? = nil) -> [DomainName] {
        guard let labels = Self.labels([tag, service].compactMap { $0 }.joined(separator: "."))
        else { return [] }
        return self.service(labels) + underscored(service, tag: tag)
    }

    /// `<node>.node`; dots in the node's name separate labels.
    func node(_ node: String) -> [DomainName] {
        Self.labels(node).map { both($0 + ["node"]) } ?? []
    }

    /// `<hex>.addr`.
    func address(_ address: IPAddress) -> [DomainName] {
        both([address.hexadecimal, "addr"])
    }

    /// The datacenter's name of a node: what SRV and PTR records point to.
    func canonicalNode(_ node: String) -> DomainName? { self.node(node).last }

    /// The datacenter's name of a service: what PTR records point to.
    func canonicalService(_ service: String) -> DomainName? {
        Self.labels(service).flatMap { self.service($0).last }
    }

    /// The datacenter's name of an address: what SRV records point to.
    func canonicalAddress(_ address: IPAddress) -> DomainName? { self.address(address).last }

    /// The name server of the apex.
    func nameServer(_ label: String) -> DomainName { Self.join([label], domain) ?? domain }

    /// The mailbox of the SOA.
    func mailbox(_ label: String) -> DomainName { Self.join([label], domain) ?? domain }
}
