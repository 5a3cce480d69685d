internal import DNSWire

/// The owner names that the catalog has under one domain.
///
/// Names with a label that DNS cannot carry do not exist: every function returns only what does.
struct ServiceNames {
    let domain: DomainName
    let datacenter: String

    /// `name` under the domain, and again under the datacenter's label.
    private func both(_ name: [String]) -> [DomainName] {
        [name, name + [datacenter]].compactMap { Self.join($0, domain) }
    }

    /// `labels` before `domain`; nil when that is no valid name.
    private static func join(_ labels: [String], _ domain: DomainName) -> DomainName? {
        let bytes = labels.map { ArraySlice($0.utf8) }
        return try? DomainName(labels: bytes + domain.labels)
    }

    /// A service's or node's name in answers is one label: a dot in it would be read as two.
    static func isLabel(_ text: String) -> Bool {
        (1...WireLimits.labelBytesMax).contains(text.utf8.count) && !text.utf8.contains(0x2E)
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

    /// `<service>.service`, `_<service>._tcp`, `_<service>._udp`, each with all its variants.
    func service(_ service: String) -> [DomainName] {
        guard Self.isLabel(service) else { return [] }
        return both([service, "service"])
            + ["_tcp", "_udp"].flatMap { protocolLabel in
                both(["_\(service)", protocolLabel, "service"])
                    + both(["_\(service)", protocolLabel])
            }
    }

    /// `<tag>.<service>.service` and `_<service>._<tag>`; dots in a tag separate labels.
    func service(_ service: String, tag: String) -> [DomainName] {
        guard Self.isLabel(service), !tag.isEmpty else { return [] }
        let labels = tag.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
        guard labels.allSatisfy(Self.isLabel) else { return [] }
        let plain = both(labels + [service, "service"])
        guard labels.count == 1, !["tcp", "udp"].contains(tag.lowercased()) else { return plain }
        return plain + both(["_\(service)", "_\(tag)", "service"])
            + both(["_\(service)", "_\(tag)"])
    }

    /// `<node>.node`; dots in the node's name separate labels.
    func node(_ node: String) -> [DomainName] {
        let labels = node.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
        guard labels.allSatisfy(Self.isLabel) else { return [] }
        return both(labels + ["node"])
    }

    /// `<hex>.addr`.
    func address(_ address: IPAddress) -> [DomainName] {
        both([address.hexadecimal, "addr"])
    }

    /// The datacenter's name of a node: what SRV and PTR records point to.
    func canonicalNode(_ node: String) -> DomainName? { self.node(node).last }

    /// The datacenter's name of a service: what PTR records point to.
    func canonicalService(_ service: String) -> DomainName? {
        guard Self.isLabel(service) else { return nil }
        return both([service, "service"]).last
    }

    /// The datacenter's name of an address: what SRV records point to.
    func canonicalAddress(_ address: IPAddress) -> DomainName? { self.address(address).last }

    /// The name server of the apex.
    func nameServer(_ label: String) -> DomainName { Self.join([label], domain) ?? domain }

    /// The mailbox of the SOA.
    func mailbox(_ label: String) -> DomainName { Self.join([label], domain) ?? domain }
}
