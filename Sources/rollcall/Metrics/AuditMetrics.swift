/// The part of `/metrics` about the record of writes.
enum AuditMetrics {
    static func families(_ figures: AuditLog.Figures) -> [MetricFamily] {
        var entries = MetricFamily(
            "rollcall_audit_entries_total",
            .counter,
            help: "Entries of the audit log, by what became of them."
        )
        entries.add(figures.written, ["result": "written"])
        entries.add(figures.leftOut, ["result": "left_out"])
        return [
            entries,
            .single(
                "rollcall_audit_failing",
                .gauge,
                "1 while the audit log cannot be written.",
                figures.problem == nil ? 0 : 1
            ),
        ]
    }
}
