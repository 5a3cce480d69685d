import Foundation
import Synchronization

/// What all clients did with keys, in one history.
final class KeyHistory: Sendable {
    private let start = ContinuousClock.now
    private let operations: Mutex<[KeyOperation]> = Mutex([])
    private let notMade = Mutex(0)
    private let unexpected: Mutex<[String]> = Mutex([])

    /// Nanoseconds since the history began.
    var now: Int64 {
        let (seconds, attoseconds) = (ContinuousClock.now - start).components
        return seconds * 1_000_000_000 + attoseconds / 1_000_000_000
    }

    func add(_ operation: KeyOperation) { operations.withLock { $0.append(operation) } }

    /// Notes that a server said of a change that it was not made.
    func addNotMade() { notMade.withLock { $0 += 1 } }

    /// Notes an answer that no server should give.
    func addUnexpected(_ text: String) {
        unexpected.withLock { if $0.count < 10 { $0.append(text) } }
    }

    var all: [KeyOperation] { operations.withLock { $0 } }
    var notMadeCount: Int { notMade.withLock { $0 } }
    var unexpectedAnswers: [String] { unexpected.withLock { $0 } }

    /// Checks each key; what was found, in words.
    func violations() -> [String] {
        Dictionary(grouping: all, by: \.key).sorted { $0.key < $1.key }.compactMap { key, list in
            var checker = LinearizabilityChecker(list)
            switch checker.check() {
            case .linearizable: return nil
            case .violated(let text): return "\(key) is not linearizable:\n\(text)"
            case .undecided: return "\(key): too many orders to try of \(list.count) operations"
            }
        }
    }
}
