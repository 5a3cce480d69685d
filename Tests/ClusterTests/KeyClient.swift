import Foundation
import Synchronization
import TestSupport

/// One client that reads and changes keys at all servers, one operation after another.
final class KeyClient {
    private let number: Int
    private let history: KeyHistory
    private let connections: ServerConnections
    private var count = 0
    /// The session of this client for a lock, and the server that made it.
    private var sessions: [String: String] = [:]

    /// Keys that are used at the same time; others follow when they have had their share.
    private static let operationsPerKeys = 800

    init(_ number: Int, _ servers: [ClusterServer], _ history: KeyHistory) {
        self.number = number
        self.history = history
        connections = ServerConnections(servers)
    }

    /// Starts some on threads of their own.
    static func start(
        _ count: Int,
        _ servers: [ClusterServer],
        _ history: KeyHistory,
        _ total: KeyTotal
    ) -> [BackgroundThread] {
        (0..<count).map { number in
            BackgroundThread { thread in
                let client = KeyClient(number, servers, history)
                while !thread.isStopping {
                    client.step(generation: total.next() / operationsPerKeys)
                    usleep(.random(in: 0..<10_000))
                }
            }
        }
    }

    /// Each client mostly talks to one server, and now and then to another.
    private var server: ClusterServer {
        let servers = connections.servers
        return Int.random(in: 0..<4) == 0
            ? servers[.random(in: servers.indices)] : servers[number % servers.count]
    }

    private func newValue() -> String {
        count += 1
        return "\(number)-\(count)"
    }

    func step(generation: Int) {
        if Int.random(in: 0..<3) == 0 {
            lockStep("l\(generation)-\(Int.random(in: 0..<2))")
        } else {
            registerStep("r\(generation)-\(Int.random(in: 0..<3))")
        }
    }

    // MARK: - Values

    private func registerStep(_ key: String) {
        switch Int.random(in: 0..<10) {
        case 0..<3: read(key)
        case 3..<5:
            let value = newValue()
            change(key, .write(value), "PUT", "/v1/kv/\(key)", value)
        case 5: change(key, .delete, "DELETE", "/v1/kv/\(key)")
        case 6: compareAndDelete(key)
        default: compareAndSet(key)
        }
    }

    private func compareAndSet(_ key: String) {
        guard let found = read(key) else { return }
        let value = newValue()
        let request = KeyOperation.Request.compareAndSet(expected: found.value, new: value)
        guard Bool.random() else {
            change(key, request, "PUT", "/v1/kv/\(key)?cas=\(found.index)", value)
            return
        }
        let encoded = Data(value.utf8).base64EncodedString()
        change(
            key,
            request,
            "PUT",
            "/v1/txn",
            """
            [{"KV": {"Verb": "cas", "Key": "\(key)", "Value": "\(encoded)", \
            "Index": \(found.index)}}]
            """
        )
    }

    private func compareAndDelete(_ key: String) {
        guard let found = read(key), let value = found.value else { return }
        change(
            key,
            .compareAndDelete(expected: value),
            "DELETE",
            "/v1/kv/\(key)?cas=\(found.index)"
        )
    }

    // MARK: - Locks

    private func lockStep(_ key: String) {
        guard let session = sessions[key] else {
            sessions[key] = newSession()
            return
        }
        let value = newValue()
        let name = String(session.prefix(8))
        switch Int.random(in: 0..<10) {
        case 0..<2: read(key)
        case 2:
            sessions[key] = nil
            change(key, .endSession(name), "PUT", "/v1/session/destroy/\(session)")
        case 3..<7:
            change(
                key,
                .acquire(session: name, value: value),
                "PUT",
                "/v1/kv/\(key)?acquire=\(session)",
                value
            )
        default:
            change(
                key,
                .release(session: name, value: value),
                "PUT",
                "/v1/kv/\(key)?release=\(session)",
                value
            )
        }
    }

    private func newSession() -> String? {
        let body = #"{"LockDelay": "0s", "NodeChecks": []}"#
        guard
            case .reply(let reply) = connections.request(
                server,
                "PUT",
                "/v1/session/create",
                body
            ), reply.status == 200
        else { return nil }
        return reply.json["ID"].text
    }

    // MARK: - One request

    @discardableResult
    private func read(_ key: String) -> (value: String?, index: Int)? {
        let asked = history.now
        let path = "/v1/kv/\(key)" + (Bool.random() ? "?consistent" : "")
        guard case .reply(let reply) = connections.request(server, "GET", path) else { return nil }
        let entry = reply.json[0]
        let value: String?
        switch reply.status {
        case 404: value = nil
        case 200:
            let bytes = Data(base64Encoded: entry["Value"].text ?? "")
            value = String(decoding: bytes ?? Data(), as: UTF8.self)
        default:
            if !reply.saysNotMade { history.addUnexpected("GET \(key): \(reply)") }
            return nil
        }
        let holder = entry["Session"].text.map { String($0.prefix(8)) }
        add(key, .read, .found(value: value, holder: holder), asked)
        return (value, entry["ModifyIndex"].number ?? 0)
    }

    private func change(
        _ key: String,
        _ request: KeyOperation.Request,
        _ method: String,
        _ path: String,
        _ body: String? = nil
    ) {
        let asked = history.now
        switch connections.request(server, method, path, body) {
        case .notSent: history.addNotMade()
        case .lost: add(key, request, .unknown, asked)
        case .reply(let reply):
            if reply.saysNotMade { return history.addNotMade() }
            guard let outcome = Self.outcome(reply) else {
                history.addUnexpected("\(request): \(reply)")
                return add(key, request, .unknown, asked)
            }
            add(key, request, outcome, asked)
        }
    }

    private static func outcome(_ reply: HTTPReply) -> KeyOperation.Outcome? {
        switch reply.status {
        case 200 where reply.body.hasPrefix("{"): .yes
        case 200: reply.body.hasPrefix("true") ? .yes : .no
        case 409: .no
        case 500 where reply.body.contains("invalid session"): .invalidSession
        case 503: .unknown
        default: nil
        }
    }

    private func add(
        _ key: String,
        _ request: KeyOperation.Request,
        _ outcome: KeyOperation.Outcome,
        _ asked: Int64
    ) {
        history.add(
            KeyOperation(
                client: number,
                key: key,
                request: request,
                outcome: outcome,
                asked: asked,
                answered: outcome == .unknown ? nil : history.now
            )
        )
    }
}

/// How many steps all clients have made.
final class KeyTotal: Sendable {
    private let count = Atomic(0)

    func next() -> Int { count.wrappingAdd(1, ordering: .relaxed).oldValue }
}
