package import DNSWire

/// Who has an address: counts, so that an address that thousands share costs no more than another.
package struct AddressOwners: Sendable {
    /// Folded names of nodes with the address.
    package internal(set) var nodes = OwnerCounts()
    /// Folded names of services, with how many instances have the address as their own.
    package internal(set) var services = OwnerCounts()
    /// Addresses of the other family that the same owners have.
    package internal(set) var companions: [IPAddress: Int] = [:]

    var isEmpty: Bool { nodes.isEmpty && services.isEmpty }

    /// What an owner is.
    enum Kind {
        case node
        case service
    }

    /// Adds `difference` to an owner's count; true when it came or went by it.
    mutating func count(_ owner: String, _ kind: Kind, by difference: Int) -> Bool {
        switch kind {
        case .node: nodes.count(owner, by: difference)
        case .service: services.count(owner, by: difference)
        }
    }

    /// Adds `difference` to a companion's count; true when it came or went by it.
    mutating func count(_ companion: IPAddress, by difference: Int) -> Bool {
        let old = companions[companion] ?? 0
        let new = old + difference
        companions[companion] = new > 0 ? new : nil
        return (old > 0) != (new > 0)
    }
}

/// Names with counts, in order of name.
package struct OwnerCounts: Sendable {
    private struct Owner: KeyedRecord {
        var key: String
        var count: Int
        /// Owners are not asked for by index.
        var modifyIndex: CatalogIndex { 0 }
    }

    private var owners = OrderedKeys<Owner>()

    init() {}

    package var isEmpty: Bool { owners.count == 0 }

    /// How often a name is counted.
    package subscript(name: String) -> Int { owners.find(name)?.count ?? 0 }

    /// All names in order.
    package var names: [String] { owners.all.map(\.key) }

    /// What `transform` makes of the first names in order, nil left out, at most `countMax`.
    ///
    /// Cost: that of the names that were looked at, however many there are.
    package func first<Element>(
        _ countMax: Int,
        _ transform: (String) -> Element?
    ) -> [Element] {
        var found: [Element] = []
        owners.forEachInOrder { owner in
            if found.count < countMax, let element = transform(owner.key) { found.append(element) }
            return found.count < countMax
        }
        return found
    }

    /// The one name there is, when it is counted once.
    var single: String? {
        guard owners.count == 1, let owner = owners.all.first, owner.count == 1 else { return nil }
        return owner.key
    }

    /// Adds `difference` to a name's count; true when the name came or went by it.
    mutating func count(_ name: String, by difference: Int) -> Bool {
        let old = self[name]
        let new = old + difference
        if new > 0 { owners.set(Owner(key: name, count: new)) } else { owners.remove(name) }
        return (old > 0) != (new > 0)
    }
}
