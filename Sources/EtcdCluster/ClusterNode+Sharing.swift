internal import Foundation
internal import Logging
internal import Protos
package import ServiceCatalog
internal import SwiftProtobuf
internal import Synchronization

// Heartbeats and second opinions: what servers tell each other through etcd.
extension ClusterNode {
    /// Has the other servers know of a heartbeat; a number of the one that sent it.
    package func noteBeat(_ number: UInt64) { beats.add(number) }

    /// Why heartbeats do not count now; nil when they do.
    package var heartbeatRefusal: CatalogLogError? {
        settings.acceptsOfflineRegistrations ? nil : log.refusal
    }

    /// Asks another server about checks that seem dead; what it says comes by
    /// `ClusterHealth.learned`.
    package func askOpinion(on checks: [(check: CheckKey, of: String)]) {
        questions.add(checks)
        standing.change { $0.figures.questions += UInt64(checks.count) }
    }

    /// Writes, once a second, whose heartbeats were heard.
    func sendBeats(_ keys: ClusterKeys) async {
        while !Task.isCancelled {
            try? await Task.sleep(for: Self.beatInterval)
            let lease = standing.now.lease
            guard lease != 0, standing.now.cutOff == nil else { continue }
            let numbers = beats.take()
            guard !numbers.isEmpty else { continue }
            var message = Rollcall_Beats()
            message.numbers = numbers
            do {
                var transaction = EtcdTransaction()
                transaction.put(keys.beats(nodeID), try message.serializedBytes(), lease: lease)
                _ = try await client.transact(transaction)
                standing.change { now in
                    now.figures.beats += UInt64(numbers.count)
                    now.figures.beatWrites += 1
                }
            } catch {
                // With the next.
                for number in numbers { beats.add(number) }
            }
        }
    }

    static let beatInterval: Duration = .seconds(1)

    /// Writes what is to be asked, and what was answered.
    func sendQuestions(_ keys: ClusterKeys) async {
        var number: UInt64 = 0
        while !Task.isCancelled {
            await questions.bell.wait(atMost: .seconds(1))
            // Those that come together go together.
            try? await Task.sleep(for: .milliseconds(50))
            let lease = standing.now.lease
            guard lease != 0, standing.now.cutOff == nil else { continue }
            for (nodeID, checks) in questions.take() {
                number += 1
                var question = Rollcall_Question()
                question.number = number
                question.toNodeID = nodeID
                question.checks = checks.map(Rollcall_CheckName.init)
                var transaction = EtcdTransaction()
                guard let value: Data = try? question.serializedBytes() else { continue }
                transaction.put(keys.question(self.nodeID), value, lease: lease)
                _ = try? await client.transact(transaction)
            }
        }
    }

    private func answer(_ question: Rollcall_Question, askedBy nodeID: String) async {
        guard let health = parts.currentHealth, let keys = parts.currentKeys else { return }
        let checks = question.checks.map(\.key)
        let verdicts = await health.opinions(on: checks)
        var opinion = Rollcall_Opinion()
        opinion.number = question.number
        opinion.toNodeID = nodeID
        opinion.checks = question.checks
        opinion.verdicts = verdicts.map { $0.map { $0 ? .alive : .dead } ?? .abstains }
        var transaction = EtcdTransaction()
        guard let value: Data = try? opinion.serializedBytes() else { return }
        transaction.put(keys.opinion(self.nodeID), value, lease: standing.now.lease)
        _ = try? await client.transact(transaction)
    }
}

extension ClusterNode: ClusterObserver {
    func applied(_ name: EntryName, _ results: [Result<CatalogWrite, CatalogLogError>]) {
        guard name.writer == nodeID else { return }
        log.applied(name, results)
    }

    func advanced(_ view: ClusterView) { standing.change { $0.view = view } }

    func viewChanged(_ view: ClusterView) {
        standing.change { $0.view = view }
        bell.ring()
        tellHealth()
    }

    func heard(_ beats: [UInt64], by nodeID: String) {
        guard nodeID != self.nodeID else { return }
        parts.currentHealth?.heard(beats)
    }

    func asked(_ question: Rollcall_Question, by nodeID: String) {
        guard question.toNodeID == self.nodeID else { return }
        work.start { await self.answer(question, askedBy: nodeID) }
    }

    func answered(_ opinion: Rollcall_Opinion, by nodeID: String) {
        guard opinion.toNodeID == self.nodeID else { return }
        let saved = opinion.verdicts.count { $0 == .alive }
        standing.change { $0.figures.savedByOpinion += UInt64(saved) }
        parts.currentHealth?.learned(
            zip(opinion.checks, opinion.verdicts).map { ($0.key, $1.isAlive) }
        )
    }
}

extension Rollcall_Opinion.Verdict {
    /// Nil when it says nothing.
    fileprivate var isAlive: Bool? {
        switch self {
        case .alive: true
        case .dead: false
        case .abstains, .UNRECOGNIZED: nil
        }
    }
}

extension Rollcall_CheckName {
    fileprivate init(_ key: CheckKey) {
        self.init()
        node = key.node
        id = key.id
    }

    fileprivate var key: CheckKey { CheckKey(node: node, id: id) }
}

/// Heartbeats that the others do not know of yet, each once.
final class PendingBeats: Sendable {
    private let numbers: Mutex<Set<UInt64>> = Mutex([])

    func add(_ number: UInt64) { numbers.withLock { _ = $0.insert(number) } }

    /// At most what one value of etcd holds; the rest comes next.
    func take() -> [UInt64] {
        numbers.withLock { numbers in
            guard numbers.count > Self.takenMax else {
                defer { numbers = [] }
                return Array(numbers)
            }
            let taken = Array(numbers.prefix(Self.takenMax))
            numbers.subtract(taken)
            return taken
        }
    }

    private static let takenMax = 100_000
}

/// Checks that others are to be asked about.
final class PendingQuestions: Sendable {
    let bell = ClusterBell()
    private let checks: Mutex<[String: [CheckKey]]> = Mutex([:])

    func add(_ new: [(check: CheckKey, of: String)]) {
        checks.withLock { checks in
            for (check, nodeID) in new { checks[nodeID, default: []].append(check) }
        }
        bell.ring()
    }

    func take() -> [String: [CheckKey]] {
        checks.withLock { checks in
            defer { checks = [:] }
            return checks
        }
    }
}
