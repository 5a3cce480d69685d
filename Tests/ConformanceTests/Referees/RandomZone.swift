/// A zone of a few short names with random records: wildcards, aliases and cuts above and below
/// each other, as nobody would write them by hand.
struct RandomZone {
    static let labels = ["a", "b", "c", "*"]
    private static let depthMax = 3

    let apex: String
    let text: String

    /// Every name that the labels can make up to the depth, without the apex.
    static let possibleNames: [String] = {
        var names: [String] = []
        var level = [""]
        for _ in 0..<depthMax {
            level = level.flatMap { parent in
                labels.map { parent.isEmpty ? $0 : "\($0).\(parent)" }
            }
            names += level
        }
        return names
    }()

    /// - Parameter others: apexes of other zones that aliases may lead to.
    init(apex: String, others: [String], _ random: inout SplitMix) {
        self.apex = apex
        var lines = [
            "$ORIGIN \(apex).", "$TTL 300", "@ IN SOA ns hostmaster 1 3600 600 86400 60",
            "@ IN NS ns",
            "ns IN A 192.0.2.1",
        ]
        let targets = others + [apex, apex, apex]
        func target(_ random: inout SplitMix) -> String {
            let name = Self.possibleNames.randomElement(using: &random) ?? "a"
            let zone = targets.randomElement(using: &random) ?? apex
            return Int.random(in: 0..<10, using: &random) == 0 ? "\(zone)." : "\(name).\(zone)."
        }
        var closed: [String] = []
        for name in Self.possibleNames.shuffled(using: &random).prefix(12) {
            // NSD refuses data below a DNAME.
            if closed.contains(where: { name.hasSuffix(".\($0)") }) { continue }
            let isWildcard = name.hasPrefix("*")
            let isLeaf = !lines.contains { $0.contains(".\(name) IN") }
            let number = Int.random(in: 1...250, using: &random)
            switch Int.random(in: 0..<12, using: &random) {
            case 0, 1:
                lines.append("\(name) IN CNAME \(target(&random))")
            case 2 where !isWildcard && isLeaf:
                lines.append("\(name) IN DNAME \(target(&random))")
                closed.append(name)
            case 3 where !isWildcard, 4 where !isWildcard:
                lines.append("\(name) IN NS \(target(&random))")
                if Bool.random(using: &random) {
                    lines.append("\(name) IN NS ns.\(name)")
                    lines.append("ns.\(name) IN A 192.0.2.\(number)")
                }
                if Bool.random(using: &random) { lines.append("\(name) IN A 192.0.2.\(number)") }
            case 5, 6:
                lines.append("\(name) IN MX 10 \(target(&random))")
            case 7:
                lines.append("\(name) IN TXT \"\(number)\"")
                lines.append("\(name) IN AAAA 2001:db8::\(number)")
            default:
                lines.append("\(name) IN A 192.0.2.\(number)")
            }
        }
        text = lines.joined(separator: "\n") + "\n"
    }
}
