internal import EtcdCluster
internal import Logging
internal import ServiceCatalog
internal import ServiceLifecycle

/// What a server of a cluster does beside serving: it writes what its start could not write, and as
/// the leader it tells of servers that are gone and removes instances whose drain nobody ends.
struct ClusterDuties: Service {
    let cluster: ClusterNode
    let keeper: CatalogKeeper
    /// Writes what every start writes.
    let write: @Sendable () async throws -> Void
    let logger: Logger

    private static let interval: Duration = .seconds(1)
    /// A drain is over when caches have forgotten the instance; its server may be gone by then.
    private static let drainMax: Duration = .seconds(120)

    func run() async {
        await cancelWhenGracefulShutdown {
            var draining: [InstanceKey: ContinuousClock.Instant] = [:]
            while !Task.isCancelled {
                try? await Task.sleep(for: Self.interval)
                if isMissing, cluster.status.cutOff == nil {
                    do {
                        try await write()
                    } catch {
                        logger.debug("not written yet", metadata: ["error": "\(error)"])
                    }
                }
                guard cluster.status.leads else {
                    draining = [:]
                    continue
                }
                await tellOfServers()
                await endDrains(&draining)
            }
        }
    }

    /// True when this server is not in the catalog: it could not be written at the start, or somebody
    /// has removed it.
    private var isMissing: Bool {
        let key = InstanceKey(node: cluster.settings.member.nodeName, id: "consul")
        return keeper.read { $0.instance(key) == nil }
    }

    /// Writes which servers take part.
    private func tellOfServers() async {
        let members = Set(cluster.status.members.map { Catalog.fold($0.nodeName) })
        let servers = keeper.snapshot().instances(ofService: "consul")
        for server in servers {
            let isThere = members.contains(Catalog.fold(server.node))
            let wanted = isThere ? HealthStatus.passing : .critical
            let key = CheckKey(node: server.node, id: "rollcall-server")
            guard let check = keeper.read({ $0.check(key) }), check.status != wanted else {
                continue
            }
            let output =
                isThere
                ? "the server takes part in the cluster"
                : "the server has left the cluster, or the cluster cannot reach it"
            _ = try? await cluster.append(.checkStatus(key, wanted, output: output))
        }
    }

    private func endDrains(_ draining: inout [InstanceKey: ContinuousClock.Instant]) async {
        var found: [InstanceKey: ContinuousClock.Instant] = [:]
        let now = ContinuousClock.now
        keeper.snapshot().forEachInstance { instance in
            guard instance.isDraining else { return }
            found[instance.key] = draining[instance.key] ?? now
        }
        draining = found
        for (key, since) in found where now - since > Self.drainMax {
            _ = try? await cluster.append(.deregisterInstance(key, onlyIf: nil))
        }
    }
}
