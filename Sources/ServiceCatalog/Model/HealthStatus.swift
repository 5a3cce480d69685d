/// The result of a check, from good to bad.
package enum HealthStatus: String, Codable, Hashable, Sendable, CaseIterable, Comparable {
    case passing
    case warning
    case critical

    private var severity: Int {
        switch self {
        case .passing: 0
        case .warning: 1
        case .critical: 2
        }
    }

    /// The greater one is the worse one.
    package static func < (left: HealthStatus, right: HealthStatus) -> Bool {
        left.severity < right.severity
    }
}
