/// Who this server is.
package struct ServerIdentity: Hashable, Sendable {
    package var nodeName: String
    /// The node that what is registered with this server is on: the server's own, or, in a cluster,
    /// one for all servers.
    package var agentNode: String
    /// A UUID, stable over restarts.
    package var nodeID: String
    /// The address of the node in the catalog.
    package var address: String
    package var datacenter: String
    /// The first domain, with its final dot.
    package var domain: String
    package var version: String
    /// `address:port` of the DNS listeners.
    package var dnsAddresses: [String]

    package init(
        nodeName: String,
        agentNode: String? = nil,
        nodeID: String,
        address: String,
        datacenter: String,
        domain: String,
        version: String,
        dnsAddresses: [String]
    ) {
        self.nodeName = nodeName
        self.agentNode = agentNode ?? nodeName
        self.nodeID = nodeID
        self.address = address
        self.datacenter = datacenter
        self.domain = domain
        self.version = version
        self.dnsAddresses = dnsAddresses
    }

    /// True in a cluster.
    package var isOneOfSeveral: Bool { agentNode != nodeName }
}
