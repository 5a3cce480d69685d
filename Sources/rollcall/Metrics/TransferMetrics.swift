internal import DNSResponder

/// The part of `/metrics` about whole zones.
enum TransferMetrics {
    static func families(_ transfers: ZoneTransfers) -> [MetricFamily] {
        var results = MetricFamily(
            "rollcall_dns_transfers_total",
            .counter,
            help: "Requests for whole zones by what became of them."
        )
        for result in TransferReport.Result.allCases {
            results.add(transfers.count(result), ["result": result.rawValue])
        }
        return [
            results,
            .single(
                "rollcall_dns_transfers_running",
                .gauge,
                "Zone transfers that run now.",
                transfers.runningCount
            ),
        ]
    }
}
