internal import HealthProber
internal import ServiceCatalog

/// The prober's part of `/metrics`.
enum ProbeMetrics {
    static func families(_ metrics: ProberMetrics) -> [MetricFamily] {
        var probes = MetricFamily(
            "rollcall_probes_total",
            .counter,
            help: "Probes by type and result."
        )
        let series = metrics.probes.sorted {
            ($0.key.type, $0.key.result.rawValue) < ($1.key.type, $1.key.result.rawValue)
        }
        for (key, count) in series {
            probes.add(count, ["type": key.type, "result": key.result.rawValue])
        }
        var lateness = MetricFamily(
            "rollcall_probe_lateness_seconds",
            .histogram,
            help: "How late probes began."
        )
        lateness.add(
            buckets: zip(ProberMetrics.latenessBounds, metrics.lateness).map { ($0, $1) },
            count: metrics.lateness.reduce(0, +),
            sumSeconds: metrics.latenessSecondsSum
        )
        var expiries = MetricFamily(
            "rollcall_expiries_total",
            .counter,
            help: "Promises that ran out, by kind."
        )
        expiries.add(metrics.leaseExpiries, ["kind": "lease"])
        expiries.add(metrics.ttlExpiries, ["kind": "ttl_check"])
        expiries.add(metrics.criticalRemovals, ["kind": "critical_for_too_long"])
        return [probes, lateness, expiries] + totals(metrics)
    }

    /// The families of one number each.
    private static func totals(_ metrics: ProberMetrics) -> [MetricFamily] {
        [
            .single(
                "rollcall_probes_in_flight",
                .gauge,
                "Probes that run now.",
                metrics.probesInFlight
            ),
            .single(
                "rollcall_checks_scheduled",
                .gauge,
                "Checks that are probed.",
                metrics.checksScheduled
            ),
            .single("rollcall_leases", .gauge, "Leases that run.", metrics.leases),
            .single(
                "rollcall_health_transitions_total",
                .counter,
                "Checks that changed their status.",
                metrics.transitions
            ),
            .single(
                "rollcall_verdicts_held_total",
                .counter,
                "Verdicts that were not believed: mass failure or a late prober.",
                metrics.verdictsHeld
            ),
            .single(
                "rollcall_verdicts_holding",
                .gauge,
                "1 while verdicts are being held.",
                metrics.isHolding ? 1 : 0
            ),
            .single(
                "rollcall_checks_flapping",
                .gauge,
                "Checks that are held down for flapping while others of their service are up.",
                metrics.checksFlapping
            ),
            .single(
                "rollcall_flap_holds_total",
                .counter,
                "Times that a check began to be held down for flapping.",
                metrics.flapHolds
            ),
            .single(
                "rollcall_probe_write_failures_total",
                .counter,
                "Results that could not be stored at the first try.",
                metrics.writeFailures
            ),
        ]
    }
}
