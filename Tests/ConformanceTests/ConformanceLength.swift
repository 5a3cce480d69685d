import Foundation

/// How much the conformance tests ask: little where every change is tested, much by hand.
enum ConformanceLength {
    /// Rounds of random zones, and of every fixed zone asked in another manner.
    ///
    /// `ROLLCALL_CONFORMANCE_ROUNDS`; each round has a seed of its own.
    static var rounds: Int { number("ROUNDS", short: 1) }

    /// The first seed: `ROLLCALL_CONFORMANCE_SEED`.
    static var seed: UInt64 { UInt64(number("SEED", short: 1)) }

    /// How many failures are told: `ROLLCALL_CONFORMANCE_SHOWN`.
    static var shownMax: Int { number("SHOWN", short: 60) }

    private static func number(_ name: String, short: Int) -> Int {
        let text = ProcessInfo.processInfo.environment["ROLLCALL_CONFORMANCE_\(name)"] ?? ""
        return Int(text).map { max(1, $0) } ?? short
    }
}
