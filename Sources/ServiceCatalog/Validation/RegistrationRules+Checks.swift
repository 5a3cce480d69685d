internal import DNSWire

extension RegistrationRules {
    /// Where a probe goes: host, port, and no address that this host must not be made to reach.
    ///
    /// Names are looked up, and their addresses judged, when the probe runs.
    package func checkProbeTarget(
        _ target: ProbeTarget,
        _ policy: ProbeTargetPolicy,
        field: String
    ) throws(FieldError) {
        guard (1...65_535).contains(target.port) else {
            throw FieldError(field, "must have a port from 1 to 65535, not \(target.port)")
        }
        guard let address = IPAddress(target.host) else {
            guard Self.isHostName(target.host) else {
                throw FieldError(field, "must have an IP address or a host name")
            }
            return
        }
        guard policy.permits(address) else {
            throw FieldError(
                field,
                "must not go to \(target.host), which is outside the networks that may be probed",
                hint: "the server's configuration lists these networks"
            )
        }
    }

    /// The numbers of a check's definition.
    ///
    /// - Parameter path: where the check stands in the request.
    package func checkThresholds(
        _ definition: CheckDefinition,
        path: String
    ) throws(FieldError) {
        let lowest = dialect == .native ? 1 : 0
        func check(_ name: String, _ value: Int, _ range: ClosedRange<Int>) throws(FieldError) {
            guard range.contains(value) else {
                throw FieldError(
                    "\(path).\(name)",
                    "must be from \(range.lowerBound) to \(range.upperBound), not \(value)"
                )
            }
        }
        try check("failures_before_critical", definition.failuresBeforeCritical, lowest...1_000)
        try check(
            "failures_before_warning",
            definition.failuresBeforeWarning,
            lowest...max(lowest, definition.failuresBeforeCritical)
        )
        try check("successes_before_passing", definition.successesBeforePassing, lowest...1_000)
    }

    /// The token of an HTTP method or field name (RFC 9110 §5.6.2).
    package static func isToken(_ text: String) -> Bool {
        !text.isEmpty
            && text.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"):
                    true
                default: "!#$%&'*+-.^_`|~".utf8.contains(byte)
                }
            }
    }
}
