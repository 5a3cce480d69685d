internal import EtcdCluster
internal import RegistryAPI
internal import ServiceCatalog

extension APIContext {
    /// Has the API know of the cluster.
    mutating func join(_ cluster: ClusterNode) {
        freshness = cluster
        servers = { [keeper] in Self.servers(of: cluster, keeper) }
        clusterReport = { await ClusterReport(cluster) }
    }

    /// Those who take part, and those who did and are still in the catalog.
    private static func servers(
        of cluster: ClusterNode,
        _ keeper: CatalogKeeper
    ) -> [ServerPresence] {
        let status = cluster.status
        var servers = status.members.map { member in
            ServerPresence(
                name: member.nodeName,
                id: member.nodeID,
                address: member.address,
                isAlive: true,
                isLeader: member.nodeID == status.leader?.nodeID
            )
        }
        let known = Set(servers.map { Catalog.fold($0.name) })
        for instance in keeper.snapshot().instances(ofService: "consul")
        where !known.contains(Catalog.fold(instance.node)) {
            guard let node = keeper.read({ $0.node(instance.node) }) else { continue }
            servers.append(
                ServerPresence(
                    name: node.name,
                    id: node.id,
                    address: node.address,
                    isAlive: false,
                    isLeader: false
                )
            )
        }
        return servers
    }
}

extension ClusterReport {
    /// Asks `cluster`, and it asks etcd.
    init(_ cluster: ClusterNode) async {
        let status = cluster.status
        let digest = await cluster.digest()
        let etcd =
            switch await cluster.etcdStatus() {
            case .success(let member):
                Etcd(
                    endpoint: member.endpoint,
                    version: member.version,
                    bytes: member.bytes,
                    problem: member.hasLeader ? nil : "it has no leader"
                )
            case .failure(let failure):
                Etcd(
                    endpoint: status.endpoint,
                    version: nil,
                    bytes: nil,
                    problem: failure.description
                )
            }
        self.init(
            cluster: status.name,
            id: status.id,
            node: cluster.settings.member.nodeName,
            leader: status.leader?.nodeName,
            members: status.members.map { member in
                Member(
                    name: member.nodeName,
                    id: member.nodeID,
                    address: member.address,
                    http: member.http,
                    version: member.version,
                    leader: member.nodeID == status.leader?.nodeID,
                    started: member.startedMilliseconds,
                    revision: member.appliedRevision
                )
            },
            revision: digest.revision,
            index: digest.index,
            digest: digest.text,
            age: status.age / .seconds(1),
            cutOff: status.cutOff,
            taken: cluster.takenCount,
            entries: status.entries,
            snapshot: status.snapshotRevision,
            etcd: etcd
        )
    }
}

extension Registry {
    /// The log for what the prober finds.
    var findings: any CatalogLog { cluster?.findings ?? log }

    /// Has the cluster asked whether this server is part of it.
    func follow(_ cluster: ClusterNode) {
        problems.follow("cluster_cut_off") {
            let status = cluster.status
            return status.cutOff.map { reason in
                Problem(
                    code: "cluster_cut_off",
                    text: reason,
                    remedy: "see that a majority of etcd's members runs and can be reached from "
                        + "here; until then this server answers from what it has",
                    makesAnswersStale: true,
                    answerText: "cut off from the cluster's store"
                )
            }
        }
        problems.follow("cluster_leaderless") {
            let status = cluster.status
            guard status.cutOff == nil, status.leader == nil, status.revision > 0 else {
                return nil
            }
            return Problem(
                code: "cluster_leaderless",
                text: "no server of the cluster leads: checks are not shared anew, and nothing "
                    + "that runs out is removed",
                remedy: "it ends by itself within cluster.member_term, when a server is elected"
            )
        }
        problems.follow("cluster_name_taken") {
            cluster.status.nameTaken.map { other in
                Problem(
                    code: "cluster_name_taken",
                    text: "another server of the cluster, at \(other), has this one's name",
                    remedy: "give one of the two another node_name"
                )
            }
        }
    }
}
