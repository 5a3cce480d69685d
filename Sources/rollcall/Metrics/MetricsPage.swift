internal import DNSForwarder
internal import DNSResponder
internal import DNSWire
internal import DNSZones
internal import DurableStore
internal import EncryptedDNS
internal import EtcdCluster
internal import Foundation
internal import HealthProber
internal import RegistryAPI
internal import ServiceCatalog
internal import TransportSecurity

/// The body of `/metrics`: what every part has counted, read at the moment of asking.
struct MetricsPage: Sendable {
    let version: String
    let responder: Responder
    let table: AnswerTable
    let serviceZone: ServiceZone
    let keeper: CatalogKeeper
    let log: any OperatedLog
    let prober: ProberService
    /// Nil without recursors.
    let forwarder: Forwarder?
    let transfers: ZoneTransfers
    let problems: Problems
    /// Nil while no record of writes is kept.
    let audit: AuditLog?
    let encryption: EncryptedListeners
    /// Nil where this server stands alone.
    let cluster: ClusterNode?
    let httpConnections = ConnectionTally()

    var text: String {
        let protection = ProtectionMetrics.families(responder.counters())
        return
            (queries + protection + TransferMetrics.families(transfers) + answers + catalog + store
            + process + [problemsFamily, refusals]
            + ProbeMetrics.families(prober.metrics)
            + (forwarder.map { RecursionMetrics.families($0.metrics) } ?? [])
            + (audit.map { AuditMetrics.families($0.figures) } ?? [])
            + (cluster.map { ClusterMetrics.families($0.status) } ?? [])
            + encrypted)
            .map(\.text).joined()
    }

    private var encrypted: [MetricFamily] {
        guard let credentials = encryption.credentials else { return [] }
        return EncryptionMetrics.families(
            credentials,
            listeners: (encryption.https.map { [$0] } ?? []) + (encryption.dns?.listeners ?? []),
            timedOut: encryption.dns?.metrics.timedOut
        )
    }

    private var queries: [MetricFamily] {
        var counters = responder.counters()
        let encrypted = encryption.dns?.metrics ?? EncryptedDNSMetrics()
        counters.addQueries(of: encrypted.queries)
        var types = MetricFamily("rollcall_dns_queries_total", .counter, help: "Queries by type.")
        for (type, count) in counters.queriesByType.sorted(by: { $0.key.rawValue < $1.key.rawValue }
        ) {
            types.add(count, ["type": type.description])
        }
        types.add(counters.otherQueries, ["type": "other"])
        var codes = MetricFamily(
            "rollcall_dns_replies_total",
            .counter,
            help: "Replies by response code."
        )
        for (code, count) in counters.repliesByResponseCode.sorted(by: {
            $0.key.rawValue < $1.key.rawValue
        }) {
            codes.add(count, ["rcode": code.mnemonic])
        }
        var transports = MetricFamily(
            "rollcall_dns_messages_total",
            .counter,
            help: "Messages by transport."
        )
        transports.add(counters.overUDP, ["transport": "udp"])
        transports.add(counters.overTCP, ["transport": "tcp"])
        transports.add(encrypted.overTLS, ["transport": "tls"])
        transports.add(encrypted.overHTTPS, ["transport": "https"])
        var bytes = MetricFamily(
            "rollcall_dns_bytes_total",
            .counter,
            help: "Bytes of messages by direction."
        )
        bytes.add(counters.receivedBytes + encrypted.receivedBytes, ["direction": "received"])
        bytes.add(counters.sentBytes + encrypted.sentBytes, ["direction": "sent"])
        var connections = MetricFamily(
            "rollcall_dns_connections_total",
            .counter,
            help: "TCP connections by what became of them."
        )
        connections.add(counters.connectionsAccepted, ["result": "accepted"])
        connections.add(counters.connectionsRefused, ["result": "refused"])
        connections.add(counters.connectionsTimedOut, ["result": "timed_out"])
        connections.add(counters.connectionsOverClientLimit, ["result": "over_client_limit"])
        return [
            types, codes, transports, bytes, connections,
            .single(
                "rollcall_dns_connections_open",
                .gauge,
                "Open TCP connections.",
                counters.connectionsOpen
            ),
            .single(
                "rollcall_dns_dropped_total",
                .counter,
                "Messages without a reply: too short, or replies themselves.",
                counters.dropped
            ),
            .single(
                "rollcall_dns_unsent_total",
                .counter,
                "UDP replies that the kernel did not take.",
                counters.unsent
            ),
            .single(
                "rollcall_dns_shed_total",
                .counter,
                "UDP queries dropped because newer ones kept the workers busy.",
                counters.shed
            ),
            .single(
                "rollcall_dns_overflowed_total",
                .counter,
                "UDP queries that the kernel dropped because a worker's queue was full.",
                counters.overflowed
            ),
            .single(
                "rollcall_dns_truncated_total",
                .counter,
                "Replies with TC set.",
                counters.truncated
            ),
            .single(
                "rollcall_dns_fallback_total",
                .counter,
                "Queries that took the slow path.",
                counters.fallback
            ),
        ]
    }

    private var problemsFamily: MetricFamily {
        var family = MetricFamily(
            "rollcall_problem",
            .gauge,
            help: "1 for each problem that there is now, as /health shows it."
        )
        for problem in problems.current { family.add(1, ["code": problem.code]) }
        return family
    }

    private var refusals: MetricFamily {
        var family = MetricFamily(
            "rollcall_http_connections_refused_total",
            .counter,
            help: "HTTP connections that were closed at once, by reason."
        )
        family.add(httpConnections.strangers, ["reason": "address"])
        family.add(httpConnections.excess, ["reason": "limit"])
        return family
    }

    private var answers: [MetricFamily] {
        let counts = table.counts()
        return [
            .single("rollcall_table_zones", .gauge, "Zones served.", counts.zones),
            .single("rollcall_table_names", .gauge, "Names with compiled answers.", counts.names),
            .single(
                "rollcall_table_empty_names",
                .gauge,
                "Names that exist because of names below them.",
                counts.emptyNames
            ),
            .single("rollcall_table_bytes", .gauge, "Memory of the answer table.", counts.bytes),
            .single(
                "rollcall_services_in_panic",
                .gauge,
                "Services answered with all their instances, for want of healthy ones.",
                serviceZone.panickingServices.count
            ),
        ]
    }

    private var catalog: [MetricFamily] {
        let (sizes, checks, index) = keeper.read { catalog in
            (
                [
                    catalog.nodeCount, catalog.serviceCount, catalog.instanceCount,
                    catalog.keyCount, catalog.sessionCount,
                ],
                catalog.checkCounts, catalog.index
            )
        }
        var byStatus = MetricFamily("rollcall_catalog_checks", .gauge, help: "Checks by status.")
        for status in HealthStatus.allCases {
            byStatus.add(checks[status] ?? 0, ["status": status.rawValue])
        }
        return [
            .single("rollcall_catalog_nodes", .gauge, "Nodes.", sizes[0]),
            .single("rollcall_catalog_services", .gauge, "Services.", sizes[1]),
            .single("rollcall_catalog_instances", .gauge, "Instances.", sizes[2]),
            .single("rollcall_catalog_keys", .gauge, "Keys of the key-value store.", sizes[3]),
            .single("rollcall_catalog_sessions", .gauge, "Sessions.", sizes[4]),
            byStatus,
            .single("rollcall_catalog_index", .gauge, "Index of the last change.", index),
            .single(
                "rollcall_watchers",
                .gauge,
                "Blocking queries and event streams that wait.",
                keeper.waiterCount
            ),
        ]
    }

    private var store: [MetricFamily] {
        let metrics = log.metrics
        var snapshots = MetricFamily(
            "rollcall_snapshots_total",
            .counter,
            help: "Snapshots of the stored catalog by what became of them."
        )
        snapshots.add(metrics.snapshots, ["result": "written"])
        snapshots.add(metrics.failedSnapshots, ["result": "failed"])
        return [
            snapshots,
            .single(
                "rollcall_snapshot_bytes",
                .gauge,
                "Length of the last snapshot since the start.",
                metrics.snapshotBytes
            ),
            .single(
                "rollcall_snapshot_write_seconds",
                .gauge,
                "Time that the last snapshot since the start took.",
                metrics.snapshotSeconds
            ),
            .single(
                "rollcall_log_changes_total",
                .counter,
                "Changes that were stored.",
                metrics.changes
            ),
            .single(
                "rollcall_log_failed_commits_total",
                .counter,
                "Groups of changes that could not be stored.",
                metrics.failedCommits
            ),
            .histogram(
                "rollcall_log_commit_seconds",
                "Time to make a group of changes durable.",
                metrics.commit
            ),
            .histogram(
                "rollcall_propagation_seconds",
                "Time from a change's arrival until the next DNS answer shows it.",
                metrics.propagation
            ),
        ]
    }

    private var process: [MetricFamily] {
        var build = MetricFamily("rollcall_build_info", .gauge, help: "Always 1.")
        build.add(1, ["version": version])
        let pages = (try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8))?
            .split(separator: " ").dropFirst().first.flatMap { Int($0) }
        return [
            build,
            .single(
                "process_resident_memory_bytes",
                .gauge,
                "Resident memory.",
                (pages ?? 0) * 4096
            ),
            .single(
                "process_open_fds",
                .gauge,
                "Open file descriptors.",
                OpenDescriptors.count ?? 0
            ),
        ]
    }
}

extension MetricFamily {
    /// A metric of one sample without labels.
    static func single(
        _ name: String,
        _ kind: Kind,
        _ help: String,
        _ value: some Numeric
    ) -> MetricFamily {
        var family = MetricFamily(name, kind, help: help)
        family.add(value)
        return family
    }

    static func histogram(
        _ name: String,
        _ help: String,
        _ histogram: DurationHistogram
    ) -> MetricFamily {
        var family = MetricFamily(name, .histogram, help: help)
        family.add(
            buckets: zip(DurationHistogram.boundsSeconds, histogram.counts).map { ($0, $1) },
            count: histogram.count,
            sumSeconds: histogram.sumSeconds
        )
        return family
    }
}
