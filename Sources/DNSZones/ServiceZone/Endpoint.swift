internal import DNSWire
internal import ServiceCatalog

/// One instance as answers need it, and no more: a change makes those of its whole service.
struct Endpoint: Hashable {
    let tags: [String]
    let meta: [String: String]
    /// The weight of its SRV records, by its health.
    let weight: UInt16
    let isDraining: Bool
    /// True when somebody took it out: it drains or is in maintenance.
    let isWithheld: Bool
    let health: HealthStatus
    /// Its IP addresses, at most one a family; empty when it has a host name.
    let addresses: [IPAddress]
    /// The host name that it has in place of addresses; nil also for one that DNS cannot carry.
    let host: DomainName?
    let nodeName: String
    let nodeMeta: [String: String]
    private let port: Int
    /// Its own addresses by port; empty when it has its node's.
    private let own: [AddressGroup]

    /// What an SRV record says, and the addresses of its target.
    struct Target {
        var name: DomainName
        var identity: Identity
        var port: Int
        var addresses: [IPAddress]
    }

    /// What tells the names of targets apart, at less cost than the names.
    enum Identity: Hashable {
        case node(String)
        case address(IPAddress)
        case host(DomainName)
    }

    /// An instance whose host name is one of its own names (`isOwnName`) would only say to ask
    /// again what was just asked: it has its node's address.
    init(
        _ instance: ServiceInstance,
        on node: Node,
        health: HealthStatus,
        isInMaintenance: Bool = false,
        isOwnName: (DomainName) -> Bool
    ) {
        tags = instance.tags
        meta = instance.meta
        let weights = instance.weights
        weight = UInt16(clamping: health == .passing ? weights.passing : weights.warning)
        isDraining = instance.isDraining
        isWithheld = instance.isDraining || isInMaintenance
        self.health = health
        port = instance.port
        nodeName = node.name
        nodeMeta = node.meta
        if instance.taggedAddresses.isEmpty, let address = IPAddress(instance.address) {
            // Most instances are like this.
            own = [AddressGroup(addresses: [address], port: instance.port)]
            addresses = [address]
            host = nil
            return
        }
        own = instance.addressGroups
        guard own.isEmpty else {
            let known = own.flatMap(\.addresses)
            // A tagged address without a main one: the other family is the node's.
            addresses = instance.address.isEmpty ? known + Self.missing(known, of: node) : known
            host = nil
            return
        }
        if !instance.address.isEmpty {
            let name = ServiceNames.host(instance.address)
            guard let name, isOwnName(name) else {
                addresses = []
                host = name
                return
            }
        }
        addresses = node.ipAddresses
        host = addresses.isEmpty ? ServiceNames.host(node.address) : nil
    }

    private static func missing(_ known: [IPAddress], of node: Node) -> [IPAddress] {
        node.ipAddresses.filter { other in
            !known.contains { $0.recordType == other.recordType }
        }
    }

    /// False for one that is down or leaves.
    func isAnswered(onlyPassing: Bool) -> Bool {
        !isDraining && health < (onlyPassing ? .warning : .critical)
    }

    /// Where SRV records lead: to the node while the instance has the node's address, else to the
    /// name of its own address, else to its host name.
    ///
    /// More than one when its addresses have different ports.
    func forEachTarget(_ names: ServiceNames, _ body: (Target) -> Void) {
        if let host {
            return body(Target(name: host, identity: .host(host), port: port, addresses: []))
        }
        if own.isEmpty, !addresses.isEmpty {
            if let name = names.canonicalNode(nodeName) {
                body(
                    Target(
                        name: name,
                        identity: .node(nodeName),
                        port: port,
                        addresses: addresses
                    )
                )
            } else {
                give(addresses, port, names, body)
            }
        }
        for group in own { give(group.addresses, group.port, names, body) }
    }

    private func give(
        _ addresses: [IPAddress],
        _ port: Int,
        _ names: ServiceNames,
        _ body: (Target) -> Void
    ) {
        guard let first = addresses.first, let name = names.canonicalAddress(first) else { return }
        body(Target(name: name, identity: .address(first), port: port, addresses: addresses))
    }
}
