import DNSResponder
import DNSWire

@testable import DNSZones

/// Small zones with many clashes, and questions that hit their seams.
enum RandomZones {
    /// SplitMix64: the same zones in each run.
    struct Random: RandomNumberGenerator {
        var state: UInt64

        mutating func next() -> UInt64 {
            state &+= 0x9E37_79B9_7F4A_7C15
            var value = state
            value = (value ^ value >> 30) &* 0xBF58_476D_1CE4_E5B9
            value = (value ^ value >> 27) &* 0x94D0_49BB_1331_11EB
            return value ^ value >> 31
        }
    }

    static let types: [RecordType] = [
        .a, .txt, .cname, .dname, .ns, .mx, .ds, .soa, .any,
    ]

    /// All names of up to `depth` labels, relative to the apex.
    static func names(_ labels: [String], depth: Int) -> [String] {
        var all = ["@"]
        var level = [""]
        for _ in 0..<depth {
            level = level.flatMap { above in labels.map { above.isEmpty ? $0 : "\($0).\(above)" } }
            all += level
        }
        return all
    }

    private static func zone(_ random: inout Random) -> StaticZone? {
        let owners = names(["a", "b", "*"], depth: 3)
        let targets = names(["a", "b", "c"], depth: 3) + ["example.com."]
        let body = (0..<Int.random(in: 1...8, using: &random)).map { _ in
            let owner = owners.randomElement(using: &random) ?? "@"
            let target = targets.randomElement(using: &random) ?? "@"
            let data = [
                "A 192.0.2.\(Int.random(in: 1...3, using: &random))", "AAAA 2001:db8::1", "TXT x",
                "CNAME \(target)", "DNAME \(target)", "NS \(target)", "MX 1 \(target)",
                "DS 1 8 2 00",
            ]
            return "\(owner) \(data.randomElement(using: &random) ?? "TXT x")\n"
        }
        return try? ZoneText.zone(body.joined())
    }

    static func zones(count: Int, seed: UInt64) -> [StaticZone] {
        var random = Random(state: seed)
        var zones: [StaticZone] = []
        while zones.count < count {
            if let zone = zone(&random) { zones.append(zone) }
        }
        return zones
    }

    static let questions: [(DomainName, RecordType)] = {
        let all = names(["a", "c", "*"], depth: 3)
        let deeper = all.dropFirst(13).map { "c.\($0)" }
        return (all + deeper).flatMap { text -> [(DomainName, RecordType)] in
            let question = name(text == "@" ? "example.org." : "\(text).example.org.")
            return types.map { (question, $0) }
        }
    }()
}
