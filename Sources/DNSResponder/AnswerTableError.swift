package import DNSWire

/// A change that the answer table refused; the other changes of the same call are in effect.
package struct AnswerTableError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The name or apex of the first refused change.
    package let name: DomainName
    package let reason: String
    /// How many changes were refused.
    package internal(set) var refusedCount = 1

    init(name: DomainName, reason: String) {
        self.name = name
        self.reason = reason
    }

    package var description: String {
        let others = refusedCount > 1 ? " (and \(refusedCount - 1) more changes refused)" : ""
        return "\(name) is not answered: \(reason)\(others)"
    }
}
