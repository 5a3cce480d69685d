internal import DNSWire
internal import ServiceCatalog

/// One instance as answers need it.
struct Endpoint {
    var instance: ServiceInstance
    var node: Node
    var health: HealthStatus
    /// Its IP addresses, at most one a family; empty when it has a host name.
    var addresses: [IPAddress]
    /// The host name that it has in place of addresses; nil also for one that DNS cannot carry.
    var host: DomainName?
    /// Its own addresses by port; empty when it has its node's.
    private let own: [AddressGroup]

    /// What an SRV record says, and the addresses of its target.
    struct Target {
        var name: DomainName
        var port: Int
        var addresses: [IPAddress]
    }

    /// An instance whose host name is one of `ownNames` would only say to ask again what was just
    /// asked: it has its node's address.
    init(
        _ instance: ServiceInstance,
        on node: Node,
        health: HealthStatus,
        isOwnName: (DomainName) -> Bool
    ) {
        self.instance = instance
        self.node = node
        self.health = health
        own = instance.addressGroups
        addresses = own.flatMap(\.addresses)
        guard addresses.isEmpty else {
            // A tagged address without a main one: the other family is the node's.
            if instance.address.isEmpty { addresses += Self.missing(addresses, of: node) }
            return
        }
        if !instance.address.isEmpty {
            guard let host = ServiceNames.host(instance.address) else { return }
            guard isOwnName(host) else {
                self.host = host
                return
            }
            self.instance.address = ""
        }
        addresses = node.ipAddresses
        if addresses.isEmpty { host = ServiceNames.host(node.address) }
    }

    private static func missing(_ known: [IPAddress], of node: Node) -> [IPAddress] {
        node.ipAddresses.filter { other in
            !known.contains { $0.recordType == other.recordType }
        }
    }

    /// Where SRV records lead: to the node while the instance has the node's address, else to the
    /// name of its own address, else to its host name.
    ///
    /// More than one when its addresses have different ports.
    func targets(_ names: ServiceNames) -> [Target] {
        if let host { return [Target(name: host, port: instance.port, addresses: [])] }
        if own.isEmpty, !addresses.isEmpty, let name = names.canonicalNode(node.name) {
            return [Target(name: name, port: instance.port, addresses: node.ipAddresses)]
        }
        let groups =
            own.isEmpty ? [AddressGroup(addresses: addresses, port: instance.port)] : own
        return groups.compactMap { group in
            group.addresses.first.flatMap { names.canonicalAddress($0) }.map {
                Target(name: $0, port: group.port, addresses: group.addresses)
            }
        }
    }
}
