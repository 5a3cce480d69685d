import Foundation

/// What a fault test measured, in lines that `Tests/reliability.sh` picks out.
enum FaultReport {
    /// Prints `figure: TEST: TEXT`.
    static func figure(_ test: String, _ text: String) {
        print("figure: \(test): \(text)")
    }

    static func text(_ duration: Duration) -> String {
        String(format: "%.3f s", duration / .seconds(1))
    }
}
