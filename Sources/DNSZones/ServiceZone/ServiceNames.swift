internal import DNSWire

/// The owner names that the catalog has under one domain.
///
/// Names with a label that DNS cannot carry do not exist: every function returns only what does.
struct ServiceNames {
    let domain: DomainName
    var datacenter: String {
        didSet { ends = Ends(domain, datacenter) }
    }
    /// Other domains of the catalog below this one: what lies in them is theirs.
    private let inner: [DomainName]
    private var ends: Ends

    init(domain: DomainName, datacenter: String, inner: [DomainName] = []) {
        self.domain = domain
        self.datacenter = datacenter
        self.inner = inner
        ends = Ends(domain, datacenter)
    }

    /// What the names of each kind end with on the wire: under the domain, and again under the
    /// datacenter's label.
    ///
    /// Why kept: each change of the catalog makes a dozen names.
    private struct Ends {
        var plain: [[UInt8]]
        /// Below `_tcp` and `_udp`.
        var protocols: [[UInt8]]
        var service: [[UInt8]]
        var node: [[UInt8]]
        var address: [[UInt8]]
        var query: [[UInt8]]

        init(_ domain: DomainName, _ datacenter: String) {
            let below = ServiceNames.wire(of: datacenter).map { $0 + domain.wire }
            let both = [domain.wire] + [below].compactMap { $0 }
            func ends(_ label: String) -> [[UInt8]] {
                let label = ServiceNames.wire(of: label) ?? []
                return both.map { label + $0 }
            }
            plain = both
            service = ends("service")
            let afterProtocol = service + both
            protocols = ["_tcp", "_udp"].flatMap { label in
                let label = ServiceNames.wire(of: label) ?? []
                return afterProtocol.map { label + $0 }
            }
            node = ends("node")
            address = ends("addr")
            query = ends("query")
        }
    }

    /// `labels` before each of `ends`, as far as that is a valid name of this domain.
    private func names(_ labels: [UInt8], _ ends: [[UInt8]]) -> [DomainName] {
        var names: [DomainName] = []
        names.reserveCapacity(ends.count)
        for end in ends {
            if let name = name(labels, end) { names.append(name) }
        }
        return names
    }

    private func name(_ labels: [UInt8], _ end: [UInt8]) -> DomainName? {
        guard labels.count + end.count <= WireLimits.nameBytesMax,
            let name = try? DomainName(wire: labels + end)
        else { return nil }
        return !inner.isEmpty && inner.contains { name.isSubdomain(of: $0) } ? nil : name
    }

    /// The last of `names`, without the others being made.
    private func lastName(_ labels: [UInt8], _ ends: [[UInt8]]) -> DomainName? {
        for end in ends.reversed() {
            if let name = name(labels, end) { return name }
        }
        return nil
    }

    /// The labels of `text`, which dots separate, on the wire; nil when DNS cannot carry one of
    /// them.
    private static func wire(of text: String, isUnderscored: Bool = false) -> [UInt8]? {
        var text = text
        var wire: [UInt8] = []
        wire.reserveCapacity(text.utf8.count + 2)
        wire.append(0)
        if isUnderscored { wire.append(UInt8(ascii: "_")) }
        let end = text.withUTF8 { bytes -> Int? in
            var start = 0
            for index in 0..<bytes.count {
                let byte = unsafe bytes[index]
                if byte == UInt8(ascii: ".") {
                    guard close(&wire, start) else { return nil }
                    start = wire.count
                    wire.append(0)
                } else {
                    wire.append(byte)
                }
            }
            return start
        }
        guard let end, close(&wire, end) else { return nil }
        return wire
    }

    /// Sets the length of the label that starts at `start`; false when it is none.
    private static func close(_ wire: inout [UInt8], _ start: Int) -> Bool {
        let count = wire.count - start - 1
        guard count > 0, count <= WireLimits.labelBytesMax else { return false }
        wire[start] = UInt8(count)
        return true
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
        names([], ends.service) + names([], ends.node) + names([], ends.plain)
    }

    /// What names of addresses lie below.
    var addresses: [DomainName] { names([], ends.address) }

    /// What `query` names lie below.
    var queries: [DomainName] { names([], ends.query) }

    /// `<path>.service`: a service's name, or a tag's labels and the service's name.
    func service(_ path: String) -> [DomainName] {
        Self.wire(of: path).map { names($0, ends.service) } ?? []
    }

    /// `_<service>._tcp` and `_udp`, or with a tag of one label `_<service>._<tag>`; the label
    /// `service` may follow (RFC 2782).
    ///
    /// A service with dots in its name has none of these.
    func underscored(_ service: String, tag: String?) -> [DomainName] {
        guard Self.isLabel(service), let first = Self.wire(of: service, isUnderscored: true)
        else { return [] }
        guard let tag else { return names(first, ends.protocols) }
        guard Self.isLabel(tag), !["tcp", "udp"].contains(tag.lowercased()),
            let second = Self.wire(of: tag, isUnderscored: true)
        else { return [] }
        return names(first + second, ends.service) + names(first + second, ends.plain)
    }

    /// True for what can be one label without its dots separating.
    private static func isLabel(_ text: String) -> Bool {
        1...WireLimits.labelBytesMax ~= text.utf8.count && !text.utf8.contains(UInt8(ascii: "."))
    }

    /// All names of `service`, or of what bears `tag` in it.
    func all(_ service: String, tag: String? = nil) -> [DomainName] {
        let path = ServiceNames.path(service, tag: tag)
        guard Self.labels(path) != nil else { return [] }
        return self.service(path) + underscored(service, tag: tag)
    }

    /// The name of what bears `tag` in `service`, below `service`.
    static func path(_ service: String, tag: String?) -> String {
        tag.map { "\($0).\(service)" } ?? service
    }

    /// `<node>.node`; dots in the node's name separate labels.
    func node(_ node: String) -> [DomainName] {
        Self.wire(of: node).map { names($0, ends.node) } ?? []
    }

    /// `<hex>.addr`.
    func address(_ address: IPAddress) -> [DomainName] {
        names(Self.label(address), ends.address)
    }

    /// The hexadecimal digits of an address as a label on the wire.
    private static func label(_ address: IPAddress) -> [UInt8] {
        let digits = address.bitWidth / 4
        let value =
            switch address {
            case .v4(let value): UInt128(value)
            case .v6(let value): value
            }
        var label: [UInt8] = []
        label.reserveCapacity(1 + digits)
        label.append(UInt8(digits))
        for position in (0..<digits).reversed() {
            let digit = UInt8(truncatingIfNeeded: value >> (4 * UInt128(position))) & 15
            label.append(digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") + digit - 10)
        }
        return label
    }

    /// The datacenter's name of a node: what SRV and PTR records point to.
    func canonicalNode(_ node: String) -> DomainName? {
        Self.wire(of: node).flatMap { lastName($0, ends.node) }
    }

    /// The datacenter's name of a service: what PTR records point to.
    func canonicalService(_ service: String) -> DomainName? {
        Self.wire(of: service).flatMap { lastName($0, ends.service) }
    }

    /// The datacenter's name of an address: what SRV records point to.
    func canonicalAddress(_ address: IPAddress) -> DomainName? {
        lastName(Self.label(address), ends.address)
    }

    /// The name server of the apex.
    func nameServer(_ label: String) -> DomainName {
        (try? domain.prepending(label: label)) ?? domain
    }

    /// The mailbox of the SOA.
    func mailbox(_ label: String) -> DomainName { nameServer(label) }
}
