internal import DNSWire

/// All addresses that nodes and instances have, with their owners.
///
/// Most addresses are one instance's alone. Those take a name and no more; the others stand apart
/// with their counts.
struct AddressTable: Sendable {
    /// Folded names of the services that have these addresses once, without companions.
    private var soleV4 = HashTrie<UInt32, String>()
    private var soleV6 = HashTrie<UInt128, String>()
    private var shared = HashTrie<IPAddress, AddressOwners>()

    var all: [IPAddress] {
        soleV4.map { key, _ in .v4(key) } + soleV6.map { key, _ in .v6(key) } + shared.keys
    }

    func owners(of address: IPAddress) -> AddressOwners? {
        guard let service = soleService(of: address) else { return shared[address] }
        return Self.owners(service)
    }

    /// The companions of an address in order of bytes; nil when nobody has it.
    ///
    /// Cost: a look-up for an address that has none.
    func companions(of address: IPAddress) -> [IPAddress]? {
        guard soleService(of: address) == nil else { return [] }
        return shared[address].map {
            $0.companions.keys.sorted { $0.rdata.lexicographicallyPrecedes($1.rdata) }
        }
    }

    /// Counts `owner` as one that has the addresses of `group`, each beside the others.
    ///
    /// - Returns: the addresses whose owners or companions came.
    mutating func own(
        _ group: [IPAddress],
        _ owner: String,
        _ kind: AddressOwners.Kind
    ) -> [IPAddress] {
        if kind == .service, group.count == 1, soleService(of: group[0]) == nil,
            shared.read(group[0], { _ in true }) == nil
        {
            setSoleService(owner, of: group[0])
            return group
        }
        return count(group, owner, kind, by: 1)
    }

    /// Takes back what `own` counted.
    ///
    /// - Returns: the addresses whose owners or companions went.
    mutating func disown(
        _ group: [IPAddress],
        _ owner: String,
        _ kind: AddressOwners.Kind
    ) -> [IPAddress] {
        if kind == .service, group.count == 1, soleService(of: group[0]) == owner {
            removeSoleService(of: group[0])
            return group
        }
        return count(group, owner, kind, by: -1)
    }

    private mutating func count(
        _ group: [IPAddress],
        _ owner: String,
        _ kind: AddressOwners.Kind,
        by difference: Int
    ) -> [IPAddress] {
        var changed: [IPAddress] = []
        for address in group {
            var owners = take(address)
            var isOther = owners.count(owner, kind, by: difference)
            for companion in group where companion != address {
                if owners.count(companion, by: difference) { isOther = true }
            }
            put(owners, address)
            if isOther { changed.append(address) }
        }
        return changed
    }

    /// Removes what is known of an address, so that it is changed in place and not copied.
    private mutating func take(_ address: IPAddress) -> AddressOwners {
        guard let service = soleService(of: address) else {
            return shared.remove(address) ?? AddressOwners()
        }
        removeSoleService(of: address)
        return Self.owners(service)
    }

    private mutating func put(_ owners: AddressOwners, _ address: IPAddress) {
        if owners.nodes.isEmpty, owners.companions.isEmpty, let service = owners.services.single {
            setSoleService(service, of: address)
        } else if !owners.isEmpty {
            shared.set(address, owners)
        }
    }

    private static func owners(_ service: String) -> AddressOwners {
        var owners = AddressOwners()
        _ = owners.count(service, .service, by: 1)
        return owners
    }

    private func soleService(of address: IPAddress) -> String? {
        switch address {
        case .v4(let key): soleV4[key]
        case .v6(let key): soleV6[key]
        }
    }

    private mutating func setSoleService(_ service: String, of address: IPAddress) {
        switch address {
        case .v4(let key): soleV4.set(key, service)
        case .v6(let key): soleV6.set(key, service)
        }
    }

    private mutating func removeSoleService(of address: IPAddress) {
        switch address {
        case .v4(let key): soleV4.remove(key)
        case .v6(let key): soleV6.remove(key)
        }
    }
}
