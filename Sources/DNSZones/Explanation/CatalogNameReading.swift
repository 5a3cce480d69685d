internal import DNSWire
internal import ServiceCatalog

/// How a name below one of the catalog's domains can be read.
///
/// The reverse of `ServiceNames`, for people's questions only: answers are compiled, not parsed.
struct CatalogNameReading {
    enum Kind {
        /// The domain itself, or a name such as `service` that only has names below it.
        case zone
        /// What stands before `service`, in lower case; `isUnderscored` says it began as
        /// `_name._protocol`.
        case service(path: [String], tag: String?, isUnderscored: Bool)
        case node(String)
        case address(String)
        case query
        /// No form that the catalog has.
        case other
    }

    let kind: Kind
    let names: ServiceNames
    /// The label where a datacenter would stand, when it is not ours.
    let otherDatacenter: String?

    private static let kinds: Set<String> = ["service", "node", "addr", "query"]

    /// Nil for a name outside all `domains`.
    init?(_ name: DomainName, in domains: [ServiceNames]) {
        let around = domains.filter { name.isSubdomain(of: $0.domain) }
        guard let names = around.max(by: { $0.domain.labelCount < $1.domain.labelCount }) else {
            return nil
        }
        self.names = names
        var labels = name.lowercased.labels.dropLast(names.domain.labelCount)
            .map { String(decoding: $0, as: UTF8.self) }
        let isOwn = labels.last == names.datacenter.lowercased()
        if isOwn, labels.count == 1 || Self.isWhole(labels.dropLast()) { labels.removeLast() }
        otherDatacenter =
            !isOwn && Self.isWhole(labels.dropLast()) && !Self.isWhole(labels[...])
            ? labels.last : nil
        kind = Self.kind(labels)
    }

    /// True for what can stand before a domain without a datacenter.
    private static func isWhole(_ labels: ArraySlice<String>) -> Bool {
        guard let last = labels.last else { return false }
        return kinds.contains(last) || labels.count == 2 && isUnderscored(labels)
    }

    private static func isUnderscored(_ labels: ArraySlice<String>) -> Bool {
        labels.count == 2 && labels.allSatisfy { $0.hasPrefix("_") && $0.utf8.count > 1 }
    }

    private static func kind(_ labels: [String]) -> Kind {
        guard let last = labels.last else { return .zone }
        var rest = labels[...]
        if kinds.contains(last) { rest = rest.dropLast() }
        if last == "service" || !kinds.contains(last), isUnderscored(rest) {
            let protocolOrTag = String(rest.last?.dropFirst() ?? "")
            return .service(
                path: [String(rest.first?.dropFirst() ?? "")],
                tag: ["tcp", "udp"].contains(protocolOrTag) ? nil : protocolOrTag,
                isUnderscored: true
            )
        }
        guard kinds.contains(last) else { return .other }
        guard !rest.isEmpty else { return .zone }
        switch last {
        case "service": return .service(path: Array(rest), tag: nil, isUnderscored: false)
        case "node": return .node(rest.joined(separator: "."))
        case "addr": return .address(rest.joined(separator: "."))
        default: return .query
        }
    }
}
