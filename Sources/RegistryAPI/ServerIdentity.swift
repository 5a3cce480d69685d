/// Who this server is.
package struct ServerIdentity: Hashable, Sendable {
    package var nodeName: String
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
        nodeID: String,
        address: String,
        datacenter: String,
        domain: String,
        version: String,
        dnsAddresses: [String]
    ) {
        self.nodeName = nodeName
        self.nodeID = nodeID
        self.address = address
        self.datacenter = datacenter
        self.domain = domain
        self.version = version
        self.dnsAddresses = dnsAddresses
    }
}
