internal import FoundationEssentials

/// Points in time as Consul writes them (RFC 3339), from milliseconds since 1970.
enum Timestamp {
    static func format(milliseconds: Int) -> String {
        Date(timeIntervalSince1970: Double(milliseconds) / 1_000)
            .formatted(Date.ISO8601FormatStyle(includingFractionalSeconds: true))
    }

    /// Reads a time, with or without fractions of a second; nil for anything else.
    static func milliseconds(_ text: String) -> Int? {
        for hasFraction in [true, false] {
            let style = Date.ISO8601FormatStyle(includingFractionalSeconds: hasFraction)
            if let date = try? style.parse(text) {
                return Int((date.timeIntervalSince1970 * 1_000).rounded())
            }
        }
        return nil
    }
}
