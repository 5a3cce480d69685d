internal import DNSResponder

/// The part of `/metrics` about whom DNS answers, and how much.
enum ProtectionMetrics {
    static func families(_ counters: ResponderCounters) -> [MetricFamily] {
        var limited = MetricFamily(
            "rollcall_dns_rate_limited_total",
            .counter,
            help: "UDP replies over the rate, by what was done."
        )
        limited.add(counters.rateLimitedDropped, ["action": "dropped"])
        limited.add(counters.rateLimitedTruncated, ["action": "truncated"])
        var cookies = MetricFamily(
            "rollcall_dns_cookies_total",
            .counter,
            help: "Queries with a cookie, by what it was."
        )
        cookies.add(counters.cookiesNew, ["result": "new"])
        cookies.add(counters.cookiesValid, ["result": "valid"])
        cookies.add(counters.cookiesInvalid, ["result": "invalid"])
        cookies.add(counters.cookiesMalformed, ["result": "malformed"])
        return [
            limited, cookies,
            .single(
                "rollcall_dns_prohibited_total",
                .counter,
                "Queries of clients that are not answered.",
                counters.prohibited
            ),
        ]
    }
}
