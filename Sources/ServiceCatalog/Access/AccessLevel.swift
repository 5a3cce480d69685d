/// What a rule grants; each level includes those before it.
package enum AccessLevel: String, Codable, Hashable, Sendable {
    case deny
    case read
    /// Keys only: seeing names below a prefix; counts as a little more than reading.
    case list
    case write

    private var rank: Int {
        switch self {
        case .deny: 0
        case .read: 1
        case .list: 2
        case .write: 3
        }
    }

    /// True when who has this may do what needs `level`.
    package func includes(_ level: AccessLevel) -> Bool {
        self != .deny && rank >= level.rank
    }

    /// What holds when two policies of a token say different things of the same name: a denial
    /// wins, otherwise the greater.
    func joined(_ other: AccessLevel) -> AccessLevel {
        if self == .deny || other == .deny { return .deny }
        return rank >= other.rank ? self : other
    }
}
