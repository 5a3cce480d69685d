internal import DNSWire
internal import ServiceCatalog

/// `?near=…`: nodes that come first in an answer.
///
/// Why only these: Consul sorts by round-trip times that its agents measure. There are no agents
/// here, so all that is known is that a node is nearest to itself.
struct Proximity: Sendable {
    /// Folded names.
    private var nodes: Set<String> = []

    /// Reads `near`: a node's name, `_agent` for this server, `_ip` for the client's address.
    init(_ request: ConsulRequest, localNode: String, _ keeper: CatalogKeeper) {
        switch request.query.first("near") {
        case nil, "": break
        case "_agent": nodes = [Catalog.fold(localNode)]
        case "_ip":
            guard let address = request.sourceAddresses.lazy.compactMap({ IPAddress($0) }).first
            else { break }
            nodes = keeper.read { catalog in
                Set(catalog.owners(of: address)?.nodes.names ?? [])
            }
        case let name?: nodes = [Catalog.fold(name)]
        }
    }

    /// Those on the near nodes first, otherwise in their order.
    func sorted<Element>(_ elements: [Element], by node: (Element) -> String) -> [Element] {
        guard !nodes.isEmpty else { return elements }
        func isNear(_ element: Element) -> Bool { nodes.contains(Catalog.fold(node(element))) }
        return elements.filter(isNear) + elements.filter { !isNear($0) }
    }
}

extension ConsulAPI {
    func proximity(_ request: ConsulRequest) -> Proximity {
        Proximity(request, localNode: localNode, context.keeper)
    }
}
