/// Times as Go spells them: `10s`, `1m30s`, `500ms`, `1h`.
///
/// Why: Consul's clients send and expect exactly these, and people can read them.
package enum GoDuration {
    private static let nanosecondsPerUnit: [(unit: String, nanoseconds: Int)] = [
        ("ns", 1), ("us", 1_000), ("µs", 1_000), ("μs", 1_000), ("ms", 1_000_000),
        ("s", 1_000_000_000), ("m", 60_000_000_000), ("h", 3_600_000_000_000),
    ]

    /// Reads `text` into nanoseconds; nil when it is no duration or does not fit.
    package static func nanoseconds(_ text: some StringProtocol) -> Int? {
        var rest = Substring(text)
        let isNegative = rest.hasPrefix("-")
        if isNegative || rest.hasPrefix("+") { rest.removeFirst() }
        if rest == "0" { return 0 }
        guard !rest.isEmpty else { return nil }
        var total = 0
        while !rest.isEmpty {
            let whole = rest.prefix { $0.isDecimalDigit }
            rest = rest[whole.endIndex...]
            var fraction = Substring()
            if rest.first == "." {
                rest.removeFirst()
                fraction = rest.prefix { $0.isDecimalDigit }
                rest = rest[fraction.endIndex...]
            }
            guard !whole.isEmpty || !fraction.isEmpty else { return nil }
            let name = rest.prefix { !$0.isDecimalDigit && $0 != "." }
            rest = rest[name.endIndex...]
            guard let unit = nanosecondsPerUnit.first(where: { $0.unit == name })?.nanoseconds,
                let count = Int(whole.isEmpty ? "0" : whole)
            else { return nil }
            let (product, productOverflows) = count.multipliedReportingOverflow(by: unit)
            let part = fraction.isEmpty ? 0 : Int((Double("0.\(fraction)") ?? 0) * Double(unit))
            let (sum, sumOverflows) = total.addingReportingOverflow(product)
            let (all, allOverflows) = sum.addingReportingOverflow(part)
            guard !productOverflows, !sumOverflows, !allOverflows else { return nil }
            total = all
        }
        return isNegative ? -total : total
    }

    /// Reads `text` into milliseconds, rounded down; nil when it is no duration.
    package static func milliseconds(_ text: some StringProtocol) -> Int? {
        nanoseconds(text).map { $0 / 1_000_000 }
    }

    /// Writes a time as Go does: 90,000 is `1m30s`, 3,600,000 is `1h0m0s`, 1,500 is `1.5s`.
    package static func format(milliseconds: Int) -> String {
        guard milliseconds != 0 else { return "0s" }
        guard milliseconds > 0 else { return "-" + format(milliseconds: -milliseconds) }
        guard milliseconds >= 1_000 else { return "\(milliseconds)ms" }
        let hours = milliseconds / 3_600_000
        let minutes = milliseconds / 60_000 % 60
        let seconds = milliseconds / 1_000 % 60
        var text = hours > 0 ? "\(hours)h" : ""
        if hours > 0 || minutes > 0 { text += "\(minutes)m" }
        text += "\(seconds)"
        let rest = milliseconds % 1_000
        if rest > 0 {
            var digits = String(rest + 1_000).dropFirst()
            while digits.last == "0" { digits.removeLast() }
            text += ".\(digits)"
        }
        return text + "s"
    }
}

extension Character {
    fileprivate var isDecimalDigit: Bool { ("0"..."9").contains(self) }
}
