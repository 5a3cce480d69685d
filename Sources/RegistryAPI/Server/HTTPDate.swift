internal import Synchronization

#if canImport(Glibc)
    internal import Glibc
#else
    internal import Darwin
#endif

/// The `Date` field of responses (RFC 9110 §5.6.7), formatted once a second.
final class HTTPDate: Sendable {
    private let cached: Mutex<(second: Int, text: String)> = Mutex((0, ""))

    var now: String {
        let second = time(nil)
        return cached.withLock { cached in
            if cached.second != second { cached = (second, Self.format(second)) }
            return cached.text
        }
    }

    private static let days = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"]
    private static let months = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ]

    /// Writes seconds since 1970 as `Sun, 06 Nov 1994 08:49:37 GMT`.
    static func format(_ second: Int) -> String {
        func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
        let (year, month, day) = civilDate(second)
        return "\(days[second / 86_400 % 7]), \(two(day)) \(months[month - 1]) \(year) "
            + "\(two(second / 3_600 % 24)):\(two(second / 60 % 60)):\(two(second % 60)) GMT"
    }

    /// The date in UTC of seconds since 1970; months and days are counted from 1.
    static func civilDate(_ second: Int) -> (year: Int, month: Int, day: Int) {
        // Years of 400 years' cycles that begin in March, so that the leap day is the last one.
        let shifted = second / 86_400 + 719_468
        let cycle = shifted / 146_097
        let dayOfCycle = shifted % 146_097
        let yearOfCycle =
            (dayOfCycle - dayOfCycle / 1_460 + dayOfCycle / 36_524 - dayOfCycle / 146_096) / 365
        let dayOfYear =
            dayOfCycle - (365 * yearOfCycle + yearOfCycle / 4 - yearOfCycle / 100)
        let monthFromMarch = (5 * dayOfYear + 2) / 153
        let month = (monthFromMarch + 2) % 12
        return (
            cycle * 400 + yearOfCycle + (month < 2 ? 1 : 0), month + 1,
            dayOfYear - (153 * monthFromMarch + 2) / 5 + 1
        )
    }
}
