internal import TransportSecurity

/// The part of `/metrics` about encrypted listeners.
enum EncryptionMetrics {
    /// - Parameter timedOut: idle connections of encrypted DNS; nil when there is none.
    static func families(
        _ credentials: TLSCredentials,
        listeners: [TLSListener],
        timedOut: Int?
    ) -> [MetricFamily] {
        var handshakes = MetricFamily(
            "rollcall_tls_handshakes_total",
            .counter,
            help: "Handshakes of TLS by listener and what became of them."
        )
        var refused = MetricFamily(
            "rollcall_tls_connections_refused_total",
            .counter,
            help: "Connections that were closed because too many were open."
        )
        var open = MetricFamily(
            "rollcall_tls_connections_open",
            .gauge,
            help: "Open connections of encrypted listeners."
        )
        for listener in listeners {
            let counts = listener.counts
            for result in TLSTally.Result.allCases {
                handshakes.add(
                    counts.handshakes[result, default: 0],
                    ["listener": listener.name, "result": result.rawValue]
                )
            }
            refused.add(counts.refused, ["listener": listener.name])
            open.add(counts.open, ["listener": listener.name])
        }
        var families = [
            handshakes, refused, open,
            .single(
                "rollcall_tls_certificate_expiry_seconds",
                .gauge,
                "When the certificate in force ends, in seconds since 1970.",
                credentials.notAfter
            ),
        ]
        if let timedOut {
            families.append(
                .single(
                    "rollcall_dns_encrypted_timeouts_total",
                    .counter,
                    "Connections of encrypted DNS that were closed because nothing was asked.",
                    timedOut
                )
            )
        }
        return families
    }
}
