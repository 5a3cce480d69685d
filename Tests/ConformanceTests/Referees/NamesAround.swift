import DNSWire
import Foundation

/// The names to ask for: those of the zones, and what is around them.
enum NamesAround {
    /// Every name of the zones as a referee has read them, and what is around it.
    static func zones(_ zones: [URL], _ referees: [RefereeProcess]) throws -> [DomainName] {
        var names: Set<DomainName> = []
        for zone in zones {
            let apex = try DomainName(RefereeProcess.apex(zone))
            // Those that allow a transfer.
            guard
                let referee = referees.first(where: {
                    $0.referee != .knot && $0.judges(apex)
                })
            else { continue }
            names.formUnion(try ZoneTransfer.names(ofZone: apex, from: referee.dns))
        }
        return around(names)
    }

    /// Each name, what could be above, below and beside it, and the name in other letter case.
    static func around(_ names: Set<DomainName>) -> [DomainName] {
        var all = names
        var random = SplitMix(seed: 4_592)
        for name in names.sorted(by: { $0.wire.lexicographicallyPrecedes($1.wire) }) {
            var ancestor = name.parent
            while let parent = ancestor, parent.labelCount > 1 {
                all.insert(parent)
                ancestor = parent.parent
            }
            let label = randomLabel(&random)
            let below = ["nx", "*", "nx.nx", "ns1", "www", label].compactMap {
                try? name.prepending(DomainName($0))
            }
            all.formUnion(below)
            if let parent = name.parent, let first = name.labels.first {
                let beside = [
                    Array(first.dropLast()) + [0x7A], Array(first) + [0x7A], [0x21],
                    Array(randomLabel(&random).utf8),
                ]
                all.formUnion(beside.compactMap { try? parent.prepending(label: $0) })
            }
        }
        // The set folds case, so the capitals come after it.
        let capitals = names.compactMap { name in
            try? DomainName(wire: name.wire.map { (0x61...0x7A).contains($0) ? $0 & 0xDF : $0 })
        }
        return all.sorted { $0.wire.lexicographicallyPrecedes($1.wire) } + capitals
    }

    private static func randomLabel(_ random: inout SplitMix) -> String {
        let letters = "abcdefghijklmnopqrstuvwxyz0123456789-_"
        let count = Int.random(in: 1...63, using: &random)
        return String((0..<count).compactMap { _ in letters.randomElement(using: &random) })
    }
}
