internal import DNSResponder
internal import DNSWire
internal import DurableStore
internal import EtcdCluster
internal import Foundation
internal import Logging
internal import RegistryAPI
internal import ServiceCatalog

extension Registry {
    /// etcd puts changes in order; the catalog is as the disk has it, until etcd has spoken.
    static func clusterOrder(
        _ configuration: Configuration,
        in dataFolder: DataFolder?,
        logger: Logger
    ) throws(StartError) -> Order {
        let folder = try configuration.isEphemeral ? nil : clusterFolder(configuration, dataFolder)
        let nodeID =
            configuration.nodeIDGiven ?? folder?.nodeID ?? UUID().uuidString.lowercased()
        let settings = configuration.clusterSettings(nodeID: nodeID)
        let copies: any CatalogCopies = folder?.copies ?? NoCopies()
        do throws(ClusterStartError) {
            let copy = try ClusterNode.localCopy(copies, settings)
            let empty = Catalog(datacenter: settings.datacenter, limits: settings.limits)
            let keeper = CatalogKeeper(copy?.catalog ?? empty)
            let cluster = ClusterNode(
                settings,
                keeper: keeper,
                copy: copy,
                coding: CompactCatalogCoding(),
                copies: copies,
                journal: settings.acceptsOfflineRegistrations ? folder?.offline : nil,
                logger: logger
            )
            return Order(keeper: keeper, log: cluster, cluster: cluster, nodeID: nodeID)
        } catch {
            throw StartError("\(error)")
        }
    }

    private static func clusterFolder(
        _ configuration: Configuration,
        _ dataFolder: DataFolder?
    ) throws(StartError) -> ClusterFolder {
        guard let dataFolder else {
            return try ClusterFolder(dataFolder: configuration.dataDirectory)
        }
        return try dataFolder.open { () throws(StartError) in
            try clusterFolder(configuration, nil)
        }
    }

    /// Puts the node that what is registered with any server is on into the catalog.
    func registerAgentNode(_ configuration: Configuration) async throws {
        let name = configuration.agentNodeName
        guard keeper.read({ $0.node(name) == nil }) else { return }
        let node = Node(
            name: name,
            address: configuration.nodeAddress.description,
            datacenter: configuration.datacenter,
            taggedAddresses: configuration.taggedAddresses
        )
        let alive = HealthCheck(
            node: name,
            id: "serfHealth",
            name: "Serf Health Status",
            status: .passing,
            output: "Agent alive and reachable"
        )
        try await log.append(
            .register(
                Registration(node: node, checks: [RegisteredCheck(alive, keepsStatus: true)])
            )
        )
    }
}

extension HealthCheck {
    /// What the leader says of a server: a check of the server's own instance alone, so that what is
    /// registered on its node stays.
    static func server(on node: Node) -> HealthCheck {
        HealthCheck(
            node: node.name,
            id: "rollcall-server",
            name: "Rollcall server",
            status: .passing,
            output: "the server takes part in the cluster",
            serviceID: "consul"
        )
    }
}

extension Configuration {
    /// How this server takes part.
    func clusterSettings(nodeID: String) -> ClusterSettings {
        var etcd = EtcdSettings(endpoints: cluster.endpoints)
        etcd.user = cluster.user
        etcd.password = cluster.password?.value
        etcd.authorityFile = cluster.authority
        etcd.certificateFile = cluster.certificate
        etcd.keyFile = cluster.key
        var settings = ClusterSettings(
            etcd: etcd,
            name: cluster.name ?? "",
            datacenter: datacenter,
            member: ClusterMember(
                nodeID: nodeID,
                nodeName: nodeName,
                address: nodeAddress.description,
                http: (httpListen + httpsListen).map(reachable),
                dns: dnsListen.map(reachable),
                version: RollcallCommand.version
            ),
            limits: limits
        )
        settings.memberTermSeconds = Int(cluster.memberTerm.components.seconds)
        settings.cutOffAfter = cluster.cutOffAfter
        settings.history = cluster.history > .zero ? cluster.history : nil
        settings.snapshotEntries = cluster.snapshotEntries
        settings.copyInterval = cluster.copyInterval
        settings.startTimeout = cluster.startTimeout
        settings.acceptsOfflineRegistrations = cluster.acceptsOfflineRegistrations
        return settings
    }

    /// Where others reach what listens at `address`, which may be all addresses.
    private func reachable(_ address: ListenAddress) -> String {
        guard address.address.isUnspecified else { return address.description }
        return ListenAddress(address: nodeAddress, port: address.port).description
    }
}
