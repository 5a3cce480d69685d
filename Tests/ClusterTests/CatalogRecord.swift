import Foundation
import Synchronization

/// What clients asked of the catalog and were told, and what DNS answered meanwhile.
///
/// Each instance has one owner, who asks one thing after another, and a port that no other has.
final class CatalogRecord: Sendable {
    enum Outcome: Hashable, Sendable {
        case done
        case unknown
    }

    /// A registration, or a deregistration when it has no version.
    struct Write: Hashable, Sendable {
        var id: String
        var version: Int?
        var server: Int
        var outcome: Outcome
        var asked: Int64
        var answered: Int64
    }

    /// The ports that a server named.
    struct Answer: Hashable, Sendable {
        var server: Int
        var service: String
        var ports: Set<UInt16>
        var asked: Int64
        var answered: Int64
    }

    struct Instance: Hashable, Sendable {
        var service: String
        var port: UInt16
        /// From then on it may be missing: it is no longer healthy.
        var mayLeave: Int64?
    }

    struct Contents: Sendable {
        var instances: [String: Instance] = [:]
        var writes: [Write] = []
        var answers: [Answer] = []
        var refusedCount = 0
        /// Deregistrations at servers that did not know of the instance yet.
        var tooEarlyCount = 0
        var unexpected: [String] = []
    }

    private let start = ContinuousClock.now
    private let state = Mutex(Contents())

    var now: Int64 {
        let (seconds, attoseconds) = (ContinuousClock.now - start).components
        return seconds * 1_000_000_000 + attoseconds / 1_000_000_000
    }

    var contents: Contents { state.withLock { $0 } }

    func add(_ id: String, _ instance: Instance) { state.withLock { $0.instances[id] = instance } }

    func add(_ write: Write) { state.withLock { $0.writes.append(write) } }

    func add(_ answer: Answer) { state.withLock { $0.answers.append(answer) } }

    func addRefused() { state.withLock { $0.refusedCount += 1 } }

    func addTooEarly() { state.withLock { $0.tooEarlyCount += 1 } }

    func addUnexpected(_ text: String) {
        state.withLock { if $0.unexpected.count < 10 { $0.unexpected.append(text) } }
    }

    /// Notes that an instance is about to be no longer healthy.
    func letLeave(_ id: String) {
        let now = now
        state.withLock { $0.instances[id]?.mayLeave = now }
    }
}
