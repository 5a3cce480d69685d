internal import EtcdCluster

/// What `/metrics` says of a cluster.
enum ClusterMetrics {
    static func families(_ status: ClusterStatus) -> [MetricFamily] {
        let figures = status.figures
        return [
            .single(
                "rollcall_cluster_members",
                .gauge,
                "Servers that take part in the cluster.",
                status.members.count
            ),
            .single(
                "rollcall_cluster_leads",
                .gauge,
                "1 while this one leads.",
                status.leads ? 1 : 0
            ),
            .single(
                "rollcall_cluster_cut_off",
                .gauge,
                "1 while the cluster's store cannot be reached.",
                status.cutOff == nil ? 0 : 1
            ),
            .single(
                "rollcall_cluster_view_age_seconds",
                .gauge,
                "Time since a majority of etcd confirmed that nothing is missing here.",
                status.age / .seconds(1)
            ),
            .single(
                "rollcall_cluster_revision",
                .gauge,
                "etcd's revision up to which all is known.",
                status.revision
            ),
            .single(
                "rollcall_cluster_log_entries",
                .gauge,
                "Entries of the log that the last snapshot does not have.",
                status.entries
            ),
        ] + counters(figures)
    }

    private static func counters(_ figures: ClusterFigures) -> [MetricFamily] {
        let counters: [(name: String, help: String, value: UInt64)] = [
            ("cut_offs", "Times that this server was cut off.", figures.cutOffs),
            ("returns", "Times that it came back.", figures.returns),
            ("watches", "Watches that were begun.", figures.watches),
            ("stalls", "Watches that brought nothing although something came.", figures.stalls),
            ("loads", "Times that all of the cluster was read.", figures.loads),
            ("elections", "Times that this server began to lead.", figures.elections),
            ("snapshots", "Snapshots that this server wrote to etcd.", figures.snapshots),
            ("copies", "Copies of the catalog that it wrote to its disk.", figures.copies),
            ("beats", "Heartbeats that it passed on to the others.", figures.beats),
            ("beat_writes", "Writes that took.", figures.beatWrites),
            ("questions", "Second opinions that it asked for.", figures.questions),
            ("saved_by_opinion", "Targets found alive by others.", figures.savedByOpinion),
            ("taken", "Registrations taken while cut off.", figures.taken),
            ("merged", "Those that were merged.", figures.merged),
            ("superseded", "Those whose owner had said something else since.", figures.superseded),
        ]
        return counters.map { counter in
            .single("rollcall_cluster_\(counter.name)_total", .counter, counter.help, counter.value)
        }
    }
}
