/// One metric in Prometheus' text format, version 0.0.4.
///
/// Why our own: figures are kept where they arise and read when somebody asks, so that counting
/// costs nothing on the answer path; a page is a few lines of text.
struct MetricFamily {
    enum Kind: String {
        case counter
        case gauge
        case histogram
    }

    /// Snake case, `rollcall_` first, the unit last, counters with `_total`.
    let name: String
    let kind: Kind
    let help: String
    private var lines: [String] = []

    init(_ name: String, _ kind: Kind, help: String) {
        self.name = name
        self.kind = kind
        self.help = help
    }

    /// Adds one sample with its labels.
    mutating func add(_ value: some Numeric, _ labels: KeyValuePairs<String, String> = [:]) {
        lines.append("\(name)\(Self.text(labels)) \(value)")
    }

    /// Adds a histogram: `buckets` are counts by upper bound, not cumulative.
    mutating func add(
        buckets: [(boundSeconds: Double, count: UInt64)],
        count: UInt64,
        sumSeconds: Double
    ) {
        var total: UInt64 = 0
        for bucket in buckets {
            total += bucket.count
            lines.append("\(name)_bucket{le=\"\(bucket.boundSeconds)\"} \(total)")
        }
        lines.append("\(name)_bucket{le=\"+Inf\"} \(count)")
        lines.append("\(name)_sum \(sumSeconds)")
        lines.append("\(name)_count \(count)")
    }

    private static func text(_ labels: KeyValuePairs<String, String>) -> String {
        guard !labels.isEmpty else { return "" }
        let pairs = labels.map { label in
            let value = label.value.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"")
                .replacing("\n", with: "\\n")
            return "\(label.key)=\"\(value)\""
        }
        return "{\(pairs.joined(separator: ","))}"
    }

    var text: String {
        (["# HELP \(name) \(help)", "# TYPE \(name) \(kind.rawValue)"] + lines)
            .joined(separator: "\n") + "\n"
    }
}
