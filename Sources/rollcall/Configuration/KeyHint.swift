/// Finds what somebody meant by a key that does not exist.
enum KeyHint {
    /// `; did you mean dns.negative_ttl?`, or nothing when no key is near.
    static func suffix(for key: String) -> String {
        nearest(to: key, among: known).map { "; did you mean \($0)?" } ?? ""
    }

    /// Every key and every section, each once.
    private static var known: [String] {
        var names: [String] = []
        for key in Setting.all.map(\.key) {
            let sections = key.split(separator: ".").dropLast()
            for count in 1..<(sections.count + 1) {
                let section = sections.prefix(count).joined(separator: ".")
                if !names.contains(section) { names.append(section) }
            }
            names.append(key)
        }
        return names
    }

    /// The candidate with the fewest edits; nil when even that one is far off.
    static func nearest(to key: String, among candidates: [String]) -> String? {
        let wanted = normalized(key)
        let best = candidates.map { candidate in
            // A key without its section counts as one edit.
            let last = candidate.split(separator: ".").last.map(String.init) ?? candidate
            let asWhole = edits(wanted, normalized(candidate))
            return (candidate, min(asWhole, edits(wanted, normalized(last)) + 1))
        }.min { $0.1 < $1.1 }
        guard let best, best.1 <= max(2, key.count / 3) else { return nil }
        return best.0
    }

    private static func normalized(_ key: String) -> [UInt8] {
        key.lowercased().utf8.prefix(100).map { $0 == UInt8(ascii: "-") ? UInt8(ascii: "_") : $0 }
    }

    /// The Levenshtein distance.
    private static func edits(_ left: [UInt8], _ right: [UInt8]) -> Int {
        var previous = Array(0...right.count)
        for (row, byte) in left.enumerated() {
            var current = [row + 1]
            for (column, other) in right.enumerated() {
                current.append(
                    min(
                        previous[column] + (byte == other ? 0 : 1),
                        previous[column + 1] + 1,
                        current[column] + 1
                    )
                )
            }
            previous = current
        }
        return previous[right.count]
    }
}
