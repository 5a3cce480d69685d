internal import DNSForwarder

/// The part of `/metrics` about names outside our zones.
enum RecursionMetrics {
    static func families(_ metrics: ForwarderMetrics) -> [MetricFamily] {
        var queries = MetricFamily(
            "rollcall_recursion_queries_total",
            .counter,
            help: "Questions about names outside our zones, by what was done."
        )
        let asked =
            metrics.queries - metrics.cacheHits - metrics.joined - metrics.staleReplies
        queries.add(metrics.cacheHits, ["result": "cached"])
        queries.add(metrics.joined, ["result": "joined"])
        queries.add(metrics.staleReplies, ["result": "stale"])
        queries.add(max(asked, 0), ["result": "asked"])
        queries.add(metrics.declined, ["result": "declined"])
        var exchanges = MetricFamily(
            "rollcall_recursor_exchanges_total",
            .counter,
            help: "Questions to recursors, by what came of them."
        )
        for (result, count) in metrics.exchanges.sorted(by: { $0.key < $1.key }) {
            exchanges.add(count, ["result": result])
        }
        var latency = MetricFamily(
            "rollcall_recursion_seconds",
            .histogram,
            help: "Time until a recursor answered or all had failed."
        )
        latency.add(
            buckets: zip(ForwarderMetrics.latencyBoundsSeconds, metrics.latency).map {
                ($0, UInt64($1))
            },
            count: UInt64(metrics.resolutions),
            sumSeconds: metrics.latencySecondsSum
        )
        return [
            queries, exchanges, latency,
            .single(
                "rollcall_recursion_failures_total",
                .counter,
                "Questions that no recursor answered.",
                metrics.failures
            ),
            .single(
                "rollcall_recursion_waiting",
                .gauge,
                "Clients that wait for a recursor.",
                metrics.waiting
            ),
            .single(
                "rollcall_recursion_cache_entries",
                .gauge,
                "Answers of recursors that are remembered.",
                metrics.cacheEntries
            ),
            .single(
                "rollcall_recursion_cache_bytes",
                .gauge,
                "Memory of these answers.",
                metrics.cacheBytes
            ),
        ]
    }
}
