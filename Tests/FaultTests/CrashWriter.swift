import Foundation
import Synchronization
import TestSupport
import Testing

/// Writes things of its own until the server is gone, and knows what must be there afterwards.
///
/// It has one request under way at a time: what was acknowledged is there, the last request is there
/// or not, and nothing else. A place is a name such as `key/own/w0-3`; things that are written
/// together are several places.
final class CrashWriter: Sendable {
    typealias Value = CrashStep.Value

    /// What it writes.
    enum Kind {
        case mixed
        /// Registrations and drains, which take seconds.
        case drains
    }

    private struct State {
        /// The newest acknowledged value of each place.
        var known: [String: Value] = [:]
        /// What the request does that nobody answered.
        var pending: CrashStep?
        /// What the server calls sessions, queries, policies and tokens.
        var ids: [String: String] = [:]
        var acknowledged = 0
        var lost = 0
        var half = 0
        var indexSeen: UInt64 = 0
        var count = 0
        var isStopping = false
    }

    let number: Int
    private let kind: Kind
    /// Of a token that may do everything.
    private let secret: String
    private let state = Mutex(State())

    init(number: Int, kind: Kind, secret: String) {
        self.number = number
        self.kind = kind
        self.secret = secret
    }

    var acknowledgedCount: Int { state.withLock { $0.acknowledged } }
    /// Acknowledged changes that were not there after a start.
    var lostCount: Int { state.withLock { $0.lost } }
    /// Requests of which only a part was there.
    var halfCount: Int { state.withLock { $0.half } }
    /// The greatest index that a reply told.
    var indexSeen: UInt64 { state.withLock { $0.indexSeen } }

    /// What a place holds by what was acknowledged.
    func known(_ place: String) -> Value { state.withLock { $0.known[place] ?? nil } }

    /// The places of this writer that begin so and hold something.
    func places(_ prefix: String) -> [String] {
        state.withLock { state in
            state.known.filter { $0.key.hasPrefix(prefix) && $0.value != nil }.map(\.key)
        }
    }

    func id(_ place: String) -> String { state.withLock { $0.ids[place] ?? "" } }

    /// Writes until a request fails.
    ///
    /// - Parameter mayRefuse: the server is told to stop, so that it may refuse the last request.
    func write(to port: UInt16, round: Int, mayRefuse: Bool) {
        guard let connection = try? HTTPClientConnection(port: port) else { return }
        while !state.withLock({ $0.isStopping }), let step = try? nextStep(connection) {
            state.withLock { $0.pending = step }
            let reply = try? connection.request(
                step.method,
                step.path,
                step.body,
                headers: ["X-Consul-Token": secret]
            )
            // A refused drain has begun all the same.
            guard let reply, !mayRefuse || reply.status != 503 else { return }
            note(reply, of: step, round: round)
        }
    }

    /// Lets it end after the request that is under way.
    func stop() { state.withLock { $0.isStopping = true } }

    private func nextStep(_ connection: HTTPClientConnection) throws -> CrashStep {
        let count = state.withLock { state in
            state.count += 1
            return state.count
        }
        return switch kind {
        case .mixed: try mixedStep(value: "\(number)-\(count)", connection)
        case .drains: drainStep(value: "\(number)-\(count)")
        }
    }

    private func note(_ reply: HTTPReply, of step: CrashStep, round: Int) {
        let text = reply.body.trimmingCharacters(in: .whitespacesAndNewlines)
        let isSuccess = (200...299).contains(reply.status)
        let isAsExpected =
            switch step.outcome {
            case .done: isSuccess && text != "false"
            case .conditionFails: isSuccess && text == "false"
            case .conflict: reply.status == 409
            }
        if !isAsExpected {
            Issue.record("round \(round): \(step.method) \(step.path): \(reply)")
        }
        let index =
            UInt64(reply.headers["x-rollcall-index"] ?? "")
            ?? reply.json["index"].number.map { UInt64($0) } ?? 0
        let id = reply.json["ID"].text ?? reply.json["AccessorID"].text
        state.withLock { state in
            if isAsExpected {
                for (place, value) in step.effects { state.known[place] = .some(value) }
                if let made = step.made { state.ids[made] = id }
                state.acknowledged += 1
            }
            state.pending = nil
            state.indexSeen = max(state.indexSeen, index)
        }
    }
}

// MARK: - What must be there

extension CrashWriter {
    /// Compares all places with what the server has, and takes over what became of the last request.
    func check(_ findings: CrashFindings, round: Int) {
        let found = findings.places.filter { isOwn($0.key) }
        state.withLock { state in
            let pending = state.pending?.effects ?? [:]
            for (place, value) in state.known where pending[place] == nil {
                let held = found[place]
                guard held != value else { continue }
                state.lost += 1
                Issue.record(
                    "round \(round): \(place) is \(held ?? "gone"), not \(value ?? "gone")"
                )
            }
            for (place, held) in found where state.known[place] == nil {
                guard pending[place] == nil else { continue }
                Issue.record("round \(round): nobody wrote \(place) = \(held)")
            }
            let after = pending.keys.filter { found[$0] == pending[$0] ?? nil }
            let before = pending.keys.filter { found[$0] == state.known[$0] ?? nil }
            let isWhole = after.count == pending.count || before.count == pending.count
            // Each line of an import is a write.
            let isEachWhole = Set(after).union(before).count == pending.count
            if !isWhole, state.pending?.isWhole == true || !isEachWhole {
                state.half += 1
                Issue.record("round \(round): half of \(pending) is there: \(after)")
            }
            for place in pending.keys { state.known[place] = .some(found[place]) }
            state.pending = nil
            for (place, id) in findings.ids where isOwn(place) { state.ids[place] = id }
        }
    }

    /// Names hold the writer's number between `w` and a dash.
    private func isOwn(_ place: String) -> Bool { place.contains("w\(number)-") }
}
