/// Durations as people write them: `10s`, `1m30s`, `500ms`, `2d`.
enum DurationText {
    private static let units: [(name: String, milliseconds: Int64)] = [
        ("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1000), ("ms", 1),
    ]

    /// Reads one or more numbers with units, the larger unit first; nil for anything else.
    static func parse(_ text: String) -> Duration? {
        var rest = Substring(text)
        var milliseconds: Int64 = 0
        var unitsLeft = units[...]
        guard !rest.isEmpty else { return nil }
        while !rest.isEmpty {
            let digits = rest.prefix { $0.isASCII && $0.isNumber }
            rest = rest.dropFirst(digits.count)
            let name = rest.prefix { $0.isASCII && $0.isLetter }
            rest = rest.dropFirst(name.count)
            guard let count = Int64(digits),
                let unit = unitsLeft.firstIndex(where: { $0.name == name })
            else { return nil }
            let (product, isTooLarge) = count.multipliedReportingOverflow(
                by: units[unit].milliseconds
            )
            let (sum, isOver) = milliseconds.addingReportingOverflow(product)
            guard !isTooLarge, !isOver else { return nil }
            milliseconds = sum
            unitsLeft = unitsLeft[(unit + 1)...]
        }
        return .milliseconds(milliseconds)
    }

    /// The shortest text that `parse` reads as `duration`, in whole milliseconds.
    static func text(_ duration: Duration) -> String {
        var rest = duration.wholeMilliseconds
        guard rest > 0 else { return "0s" }
        var text = ""
        for unit in units where rest >= unit.milliseconds {
            text += "\(rest / unit.milliseconds)\(unit.name)"
            rest %= unit.milliseconds
        }
        return text
    }
}

extension Duration {
    /// The duration in milliseconds, the fraction cut off.
    var wholeMilliseconds: Int64 {
        components.seconds * 1000 + components.attoseconds / 1_000_000_000_000_000
    }
}
