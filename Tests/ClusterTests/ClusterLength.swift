import Foundation

/// How long a test goes on: short where every change is tested, long by hand.
enum ClusterLength {
    /// What `ROLLCALL_CLUSTER_SECONDS` says; nil for the short form.
    static let seconds: Int? = {
        let text = ProcessInfo.processInfo.environment["ROLLCALL_CLUSTER_SECONDS"] ?? ""
        return Int(text).map { max(1, $0) }
    }()

    /// For how long a server stands still: just longer than it counts as alive, or a minute.
    static let pause: Duration = seconds == nil ? .seconds(6) : .seconds(60)
}
