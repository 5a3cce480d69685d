import Foundation
import Synchronization
import TestSupport
import Testing

/// Writes things of its own until the server is gone, and knows what must be there afterwards.
///
/// It has one request under way at a time: what was acknowledged is there, the last request is there
/// or not, and nothing else.
final class CrashWriter: Sendable {
    /// What a place holds: nil when the thing is gone.
    typealias Value = String?

    private struct State {
        /// The newest acknowledged value of each place.
        var known: [String: Value] = [:]
        /// What the request does that nobody answered.
        var pending: [String: Value] = [:]
        var acknowledged = 0
        var lost = 0
        var indexSeen: UInt64 = 0
        var count = 0
    }

    /// One request, and what it does to which places.
    private struct Step {
        var method: String
        var path: String
        var body: String?
        var effects: [String: Value]
    }

    private let number: Int
    private let state = Mutex(State())

    init(number: Int) { self.number = number }

    var acknowledgedCount: Int { state.withLock { $0.acknowledged } }
    var lostCount: Int { state.withLock { $0.lost } }
    /// The greatest index that a reply told.
    var indexSeen: UInt64 { state.withLock { $0.indexSeen } }

    /// Writes until a request fails.
    func write(to port: UInt16, round: Int) {
        guard let connection = try? HTTPClientConnection(port: port) else { return }
        while true {
            let count = state.withLock { state in
                state.count += 1
                return state.count
            }
            let step = step(count)
            state.withLock { $0.pending = step.effects }
            guard let reply = try? connection.request(step.method, step.path, step.body) else {
                return
            }
            let index =
                UInt64(reply.headers["x-rollcall-index"] ?? "")
                ?? reply.json["index"].number.map { UInt64($0) } ?? 0
            // A refusal changes nothing; false is what a key's condition says that did not hold.
            let isDone = (200...299).contains(reply.status) && reply.body != "false"
            if !isDone {
                Issue.record("round \(round): \(step.method) \(step.path): \(reply)")
            }
            state.withLock { state in
                if isDone {
                    for (place, value) in step.effects { state.known[place] = .some(value) }
                    state.acknowledged += 1
                }
                state.pending = [:]
                state.indexSeen = max(state.indexSeen, index)
            }
        }
    }
}

// MARK: - What is written

extension CrashWriter {
    private func step(_ count: Int) -> Step {
        let slot = Int.random(in: 0..<12)
        let name = "w\(number)-\(slot)"
        let value = "\(number)-\(count)"
        switch Int.random(in: 0..<14) {
        case 0...2:
            return Step(
                method: "POST",
                path: "/register",
                body: """
                    {"service": "native", "id": "\(name)", "host": "10.1.\(number).\(slot + 1)", "port": 80,
                     "metadata": {"value": "\(value)"}}
                    """,
                effects: ["native/\(name)": value]
            )
        case 3:
            return Step(
                method: "PUT",
                path: "/v1/agent/service/register",
                body: """
                    {"Name": "agent", "ID": "a-\(name)", "Address": "10.2.\(number).\(slot + 1)", "Port": 80,
                     "Meta": {"value": "\(value)"}, "Check": {"TTL": "1h", "Status": "passing"}}
                    """,
                effects: ["agent/a-\(name)": value]
            )
        case 4:
            return Step(
                method: "PUT",
                path: "/v1/catalog/register",
                body: """
                    {"Node": "n-\(name)", "Address": "10.3.\(number).\(slot + 1)", "NodeMeta": {"value": "\(value)"},
                     "Service": {"Service": "catalog", "ID": "c-\(name)", "Port": 80, "Meta": {"value": "\(value)"}}}
                    """,
                effects: ["node/n-\(name)": value, "catalog/c-\(name)": value]
            )
        case 5:
            return Step(
                method: "PUT",
                path: "/v1/catalog/deregister",
                body: #"{"Node": "n-\#(name)"}"#,
                effects: ["node/n-\(name)": nil, "catalog/c-\(name)": nil]
            )
        case 6...8: return keyStep(name, value)
        case 9...10:
            // Two keys that must always be the same.
            let encoded = Data(value.utf8).base64EncodedString()
            return Step(
                method: "PUT",
                path: "/v1/txn",
                body: """
                    [{"KV": {"Verb": "set", "Key": "left/\(name)", "Value": "\(encoded)"}},
                     {"KV": {"Verb": "set", "Key": "right/\(name)", "Value": "\(encoded)"}}]
                    """,
                effects: ["key/left/\(name)": value, "key/right/\(name)": value]
            )
        case 11:
            let lines = (0..<4).map { line in
                """
                {"service": "import", "id": "i-\(name)-\(line)", "host": "10.4.\(number).\(slot + 1)", \
                "port": \(80 + line), "metadata": {"value": "\(value)"}}
                """
            }
            var effects: [String: Value] = [:]
            for line in 0..<4 { effects["import/i-\(name)-\(line)"] = .some(value) }
            return Step(
                method: "POST",
                path: "/import",
                body: lines.joined(separator: "\n"),
                effects: effects
            )
        default: return removal(name, value)
        }
    }

    private func keyStep(_ name: String, _ value: String) -> Step {
        let place = "key/own/\(name)"
        if Bool.random() {
            return Step(
                method: "DELETE",
                path: "/v1/kv/own/\(name)",
                body: nil,
                effects: [place: nil]
            )
        }
        return Step(
            method: "PUT",
            path: "/v1/kv/own/\(name)",
            body: value,
            effects: [place: value]
        )
    }

    private func removal(_ name: String, _ value: String) -> Step {
        let isThere = state.withLock { ($0.known["native/\(name)"] ?? nil) != nil }
        guard isThere else {
            return Step(
                method: "PUT",
                path: "/v1/kv/own/\(name)?flags=7",
                body: value,
                effects: ["key/own/\(name)": value]
            )
        }
        return Step(
            method: "DELETE",
            path: "/instances/\(name)",
            body: nil,
            effects: ["native/\(name)": nil]
        )
    }
}

// MARK: - What must be there

extension CrashWriter {
    /// Compares all places with what the server has, and takes over what became of the last request.
    func check(_ server: RollcallProcess, round: Int) throws {
        let found = try found(server)
        state.withLock { state in
            for (place, value) in state.known where state.pending[place] == nil {
                let held = found[place]
                guard held != value else { continue }
                state.lost += 1
                Issue.record(
                    "round \(round): \(place) is \(held ?? "gone"), not \(value ?? "gone")"
                )
            }
            for (place, held) in found where state.known[place] == nil {
                guard state.pending[place] == nil else { continue }
                Issue.record("round \(round): nobody wrote \(place) = \(held)")
            }
            // Whole or not at all: but for the lines of an import, each of which is a write.
            let after = state.pending.filter { found[$0.key] == $0.value }
            let before = state.pending.filter { place, _ in
                found[place] == (state.known[place] ?? nil)
            }
            let isImport = state.pending.keys.contains { $0.hasPrefix("import/") }
            let isWhole = after.count == state.pending.count || before.count == state.pending.count
            if !isWhole, !isImport || Set(after.keys).union(before.keys) != Set(state.pending.keys)
            {
                state.lost += 1
                Issue.record("round \(round): half of \(state.pending) is there: \(after)")
            }
            for place in state.pending.keys { state.known[place] = .some(found[place]) }
            state.pending = [:]
        }
    }

    /// All that this writer may have written.
    private func found(_ server: RollcallProcess) throws -> [String: String] {
        var found: [String: String] = [:]
        for service in ["native", "agent", "catalog", "import"] {
            let list = try server.http("GET", "/v1/catalog/service/\(service)").json.list
            for instance in list {
                guard let id = instance["ServiceID"].text, isOwn(id),
                    let value = instance["ServiceMeta"]["value"].text
                else { continue }
                found["\(service)/\(id)"] = value
            }
        }
        for node in try server.http("GET", "/v1/catalog/nodes").json.list {
            guard let name = node["Node"].text, isOwn(name), let value = node["Meta"]["value"].text
            else { continue }
            found["node/\(name)"] = value
        }
        let keys = try server.http("GET", "/v1/kv/?recurse").json.list
        for entry in keys {
            guard let key = entry["Key"].text, isOwn(key), let text = entry["Value"].text,
                let bytes = Data(base64Encoded: text)
            else { continue }
            found["key/\(key)"] = String(decoding: bytes, as: UTF8.self)
        }
        return found
    }

    /// Names hold the writer's number between `w` and a dash.
    private func isOwn(_ name: String) -> Bool { name.contains("w\(number)-") }
}
