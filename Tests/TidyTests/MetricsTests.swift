import TestSupport
import Testing

@Suite("Metrics")
struct MetricsTests {
    @Test("metric names are snake_case with our prefix, each with HELP and TYPE")
    func namesAreUniform() async throws {
        let server = try await RollcallProcess.start(["--ephemeral"])
        try server.register(#"{"service":"web","host":"127.0.0.1","port":80}"#)
        #expect(try server.dns.addresses("web.service.consul") == ["127.0.0.1"])
        let reply = try server.http("GET", "/metrics")
        #expect(reply.status == 200)
        #expect(reply.headers["content-type"]?.hasPrefix("text/plain") == true)

        var helped: Set<Substring> = []
        var types: [Substring: Substring] = [:]
        var samples = 0
        for line in reply.body.split(separator: "\n") {
            let words = line.split(separator: " ", maxSplits: 3)
            if line.hasPrefix("# HELP ") {
                #expect(words.count == 4, "no text: \(line)")
                helped.insert(words[2])
            } else if line.hasPrefix("# TYPE ") {
                #expect(types.updateValue(words[3], forKey: words[2]) == nil, "twice: \(line)")
            } else if !line.hasPrefix("#") {
                samples += 1
                let name = line.prefix { $0 != "{" && $0 != " " }
                let family = Self.family(of: name, types)
                #expect(helped.contains(family), "no HELP before \(line)")
                #expect(types[family] != nil, "no TYPE before \(line)")
                #expect(name.hasPrefix("rollcall_") || name.hasPrefix("process_"), "\(line)")
                #expect(name.allSatisfy { $0.isLowercase || $0.isNumber || $0 == "_" }, "\(line)")
                #expect(line.split(separator: " ").last.flatMap { Double($0) } != nil, "\(line)")
            }
        }
        #expect(samples > 10)
        for (name, type) in types where type == "counter" {
            #expect(name.hasSuffix("_total"), "the counter \(name) should end in _total")
        }
    }

    /// The name of the family: a histogram's samples have an ending of their own.
    private static func family(of name: Substring, _ types: [Substring: Substring]) -> Substring {
        for ending in ["_bucket", "_sum", "_count"] where name.hasSuffix(ending) {
            let stem = name.dropLast(ending.count)
            if types[stem] != nil { return stem }
        }
        return name
    }
}
