internal import DurableStore
internal import EtcdCluster
internal import Foundation
internal import HealthProber
internal import RegistryAPI
internal import ServiceCatalog

extension Daemon {
    /// Has the parts asked that know what is wrong at any moment.
    func followProblems(_ registry: Registry, _ prober: ProberService, _ api: APIService) {
        let problems = registry.problems
        problems.follow("mass_failure_held") {
            guard prober.metrics.isHolding else { return nil }
            return Problem(
                code: "mass_failure_held",
                text: "most probed instances fail at once, so the last known health is held",
                remedy: "check the network of this host; see the log for how many fail",
                makesAnswersStale: true
            )
        }
        let shares = shares
        problems.follow("http_connections_full") {
            let count = api.connectionCount
            guard count >= shares.httpConnectionsMax else { return nil }
            return Problem(
                code: "http_connections_full",
                text: "\(count) HTTP connections are open, and no more are taken",
                remedy: "raise http.connections_max and the limit of open files, or find who "
                    + "holds them"
            )
        }
        problems.follow("http_bodies_full") {
            guard api.isShortOfBodies else { return nil }
            return Problem(
                code: "http_bodies_full",
                text: "the bodies of HTTP requests take nearly all memory that they may, and "
                    + "more are refused",
                remedy: "find who sends so much, or raise http.bodies_bytes_max"
            )
        }
        problems.follow("descriptors_short") {
            guard let count = OpenDescriptors.count, count * 10 > shares.descriptorsMax * 9 else {
                return nil
            }
            return Problem(
                code: "descriptors_short",
                text: "\(count) of \(shares.descriptorsMax) file descriptors are open",
                remedy: "raise the limit of open files (LimitNOFILE= of the systemd unit)"
            )
        }
    }
}

extension Registry {
    /// Has the record of writes asked whether it is whole.
    func follow(_ audit: AuditLog) {
        problems.follow("writes_not_recorded") {
            audit.figures.problem.map { reason in
                Problem(
                    code: "writes_not_recorded",
                    text: "writes are not recorded: \(reason)",
                    remedy: "give the file of audit_log room, or set it to log or off"
                )
            }
        }
    }

    /// Has the log asked whether it can write.
    func followLog() {
        if let cluster { follow(cluster) }
        let (log, cluster) = (log, cluster)
        problems.follow("catalog_not_stored") {
            guard cluster?.status.cutOff == nil else { return nil }
            return log.metrics.problem.map { reason in
                Problem(
                    code: "catalog_not_stored",
                    text: "the catalog is not stored: \(reason)",
                    remedy: "make the data folder writable and give it room; changes are refused "
                        + "until then",
                    // Other servers of a cluster are no better off.
                    isFailure: cluster == nil
                )
            }
        }
        problems.follow("catalog_not_folded") {
            log.metrics.foldProblem.map { reason in
                Problem(
                    code: "catalog_not_folded",
                    text: "the journal grows, for it cannot be folded into the rows: \(reason)",
                    remedy: "look at the disk; nothing is lost, and a restart makes damaged rows "
                        + "again from the newest snapshot and the journal"
                )
            }
        }
        problems.follow("snapshot_not_written") {
            log.metrics.snapshotProblem.map { reason in
                Problem(
                    code: "snapshot_not_written",
                    text: "the last snapshot of the catalog could not be written: \(reason)",
                    remedy: "make the folder snapshots of the data folder writable and give it room"
                )
            }
        }
        problems.follow("writes_overloaded") {
            guard log.isFull else { return nil }
            return Problem(
                code: "writes_overloaded",
                text: "too many changes wait to be stored, and more are refused",
                remedy: "send fewer at once, or give the data folder a faster disk"
            )
        }
    }
}

/// The files, sockets and other things that the process has open.
enum OpenDescriptors {
    private static let folder = "/proc/self/fd"

    /// How many there are; nil where the system does not say.
    static var count: Int? {
        // Linux 6.2 and later: no need to list them.
        if let size = (try? FileManager.default.attributesOfItem(atPath: folder))?[.size] as? Int,
            size > 0
        {
            return size
        }
        return try? FileManager.default.contentsOfDirectory(atPath: folder).count
    }
}
