internal import DNSWire

/// A name below `query`, or below the datacenter's `query`: it asks for a prepared query.
struct PreparedQueryName {
    /// The names of the domain that it lies in.
    let names: ServiceNames
    /// What stands before `query`, in lower case: resolvers may change the case as they like.
    let labels: [String]

    /// Nil for every other name.
    init?(_ name: DomainName, in domains: [ServiceNames]) {
        let around = domains.filter { name.isSubdomain(of: $0.domain) }
        guard let names = around.max(by: { $0.domain.labelCount < $1.domain.labelCount }) else {
            return nil
        }
        var labels = name.lowercased.labels.dropLast(names.domain.labelCount)
            .map { String(decoding: $0, as: UTF8.self) }
        if labels.last == names.datacenter.lowercased(), labels.dropLast().last == "query" {
            labels.removeLast()
        }
        guard labels.popLast() == "query", !labels.isEmpty else { return nil }
        self.names = names
        self.labels = labels
    }

    /// True for `_name._protocol`, of which the protocol says nothing (RFC 2782).
    private var isUnderscored: Bool {
        labels.count > 1 && labels[0].hasPrefix("_") && labels[labels.count - 1].hasPrefix("_")
    }

    /// The name or id of the query, whose dots separate labels; nil for a label with a dot in it.
    var query: String? {
        guard !labels.contains(where: { $0.contains(".") }) else { return nil }
        guard isUnderscored else { return labels.joined(separator: ".") }
        return String(labels.dropLast().joined(separator: ".").dropFirst())
    }

    /// What the query names end in that may lie below this name.
    ///
    /// Both readings of a name that ends like a protocol: an empty text stands for all names.
    var ends: [String] {
        guard query != nil else { return [] }
        let whole = labels.joined(separator: ".")
        guard let last = labels.last, last.hasPrefix("_") else { return [whole] }
        return [whole, labels.dropLast().joined(separator: ".")]
    }
}
