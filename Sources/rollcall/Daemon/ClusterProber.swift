internal import EtcdCluster
internal import HealthProber
internal import ServiceCatalog

/// Joins a cluster and the prober: neither knows the other.
struct ClusterProber: ClusterHealth {
    let prober: ProberService

    func shareChecks(among nodeIDs: [String]?, leads: Bool) {
        prober.share(among: nodeIDs, decides: leads)
    }

    func isResponsible(for check: CheckKey, among nodeIDs: [String]) -> Bool {
        prober.isResponsible(for: check, among: nodeIDs)
    }

    func heard(_ beats: [UInt64]) { prober.heard(beats) }

    func opinions(on checks: [CheckKey]) async -> [Bool?] { await prober.opinions(on: checks) }

    func learned(_ opinions: [(check: CheckKey, isAlive: Bool?)]) { prober.learned(opinions) }
}

extension ClusterNode {
    /// How the prober of this server shares the checks.
    var sharing: ProberSharing {
        ProberSharing(
            own: settings.member.nodeID,
            noteBeat: { self.noteBeat($0) },
            refusal: { self.heartbeatRefusal },
            ask: { self.askOpinion(on: $0) }
        )
    }
}
