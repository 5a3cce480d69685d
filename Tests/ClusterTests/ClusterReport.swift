import Foundation

/// What a test of a cluster measured, in lines that `Tests/reliability.sh` picks out.
enum ClusterReport {
    /// Prints `figure: TEST: TEXT`.
    static func figure(_ test: String, _ text: String) {
        print("figure: \(test): \(text)")
    }

    static func text(_ duration: Duration) -> String {
        String(format: "%.1f ms", duration / .milliseconds(1))
    }

    /// `p50 …, p99 …, at most …` of many.
    static func distribution(_ durations: [Duration]) -> String {
        let sorted = durations.sorted()
        guard let longest = sorted.last else { return "none" }
        func part(_ percent: Int) -> String { text(sorted[(sorted.count - 1) * percent / 100]) }
        return "\(sorted.count), p50 \(part(50)), p99 \(part(99)), at most \(text(longest))"
    }
}
