internal import HTTPTypes

#if canImport(Glibc)
    internal import Glibc
#else
    internal import Darwin
#endif

/// `GET agent/metrics`: the figures of `/metrics`, as text or in Consul's JSON.
extension ConsulAPI {
    /// One line of Prometheus' text format.
    struct Sample: Hashable {
        var name: String
        var labels: [String: String]
        var value: Double
        var isCounter: Bool
    }

    func agentMetrics(_ request: ConsulRequest) throws(APIError) -> ConsulReply {
        let text = context.metricsText()
        if request.query.first("format") == "prometheus" {
            return ConsulReply(
                headers: [.contentType: "text/plain; version=0.0.4; charset=utf-8"],
                body: Array(text.utf8)
            )
        }
        let samples = Self.samples(in: text)
        return .json(for: request, capacity: 4_096) { writer in
            writer.beginObject()
            writer.field("Timestamp", Self.timestamp(Int(time(nil))))
            writer.key("Gauges")
            write(samples.filter { !$0.isCounter }, to: &writer)
            writer.key("Points")
            writer.strings([])
            writer.key("Counters")
            write(samples.filter(\.isCounter), to: &writer)
            writer.key("Samples")
            writer.strings([])
            writer.endObject()
        }
    }

    private func write(_ samples: [Sample], to writer: inout JSONWriter) {
        writer.beginArray()
        for sample in samples {
            writer.beginObject()
            writer.field("Name", sample.name)
            if sample.isCounter {
                writer.key("Count")
                writer.number(sample.value)
                for name in ["Rate", "Sum", "Min", "Max", "Mean"] {
                    writer.key(name)
                    writer.number(name == "Rate" ? 0 : sample.value)
                }
                writer.field("Stddev", 0)
            } else {
                writer.key("Value")
                writer.number(sample.value)
            }
            writer.field("Labels", sample.labels, whenEmpty: "{}")
            writer.endObject()
        }
        writer.endArray()
    }

    /// The samples of a page in Prometheus' text format; buckets of histograms are left out.
    static func samples(in page: String) -> [Sample] {
        var kinds: [Substring: Substring] = [:]
        var samples: [Sample] = []
        for line in page.split(separator: "\n") {
            if line.hasPrefix("#") {
                let words = line.split(separator: " ")
                if words.count == 4, words[1] == "TYPE" { kinds[words[2]] = words[3] }
                continue
            }
            guard let space = line.lastIndex(of: " "),
                let value = Double(line[line.index(after: space)...]), value.isFinite
            else { continue }
            let name = line[..<space].prefix { $0 != "{" }
            guard !name.hasSuffix("_bucket") else { continue }
            let family = ["_sum", "_count"].first { name.hasSuffix($0) }
                .map { name.dropLast($0.count) }
            let kind = kinds[name] ?? family.flatMap { kinds[$0] }
            samples.append(
                Sample(
                    name: String(name),
                    labels: labels(line[name.endIndex..<space]),
                    value: value,
                    isCounter: kind == "counter" || kind == "histogram"
                )
            )
        }
        return samples
    }

    /// The pairs of `{a="b",c="d"}`.
    private static func labels(_ text: Substring) -> [String: String] {
        var labels: [String: String] = [:]
        var rest = text.dropFirst()
        while let equals = rest.firstIndex(of: "="), rest[equals...].dropFirst().first == "\"" {
            let name = rest[..<equals]
            var value = ""
            rest = rest[equals...].dropFirst(2)
            while let character = rest.popFirst(), character != "\"" {
                guard character == "\\", let escaped = rest.popFirst() else {
                    value.append(character)
                    continue
                }
                value.append(escaped == "n" ? "\n" : escaped)
            }
            labels[String(name)] = value
            if rest.first == "," { rest.removeFirst() }
        }
        return labels
    }

    /// As Consul writes it: `2026-01-02 03:04:05 +0000 UTC`.
    static func timestamp(_ second: Int) -> String {
        let (year, month, day) = HTTPDate.civilDate(second)
        func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
        return "\(year)-\(two(month))-\(two(day)) \(two(second / 3_600 % 24)):"
            + "\(two(second / 60 % 60)):\(two(second % 60)) +0000 UTC"
    }
}
