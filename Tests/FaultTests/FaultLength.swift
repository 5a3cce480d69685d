import Foundation

/// How long a test goes on: short where every change is tested, long by hand.
///
/// `Tests/reliability.sh` sets the long form in the environment.
enum FaultLength {
    /// The number in the environment variable `ROLLCALL_FAULTS_` and `name`, or `short`.
    static func number(_ name: String, short: Int) -> Int {
        let text = ProcessInfo.processInfo.environment["ROLLCALL_FAULTS_\(name)"] ?? ""
        return Int(text).map { max(1, $0) } ?? short
    }
}
