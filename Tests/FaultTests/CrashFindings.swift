import DNSWire
import Foundation
import TestSupport
import Testing

/// All that a server has after a start, as the places of `CrashWriter`s.
struct CrashFindings {
    private(set) var places: [String: String] = [:]
    /// What the server calls the things that it named itself.
    private(set) var ids: [String: String] = [:]
    /// The catalog's index.
    private(set) var index: UInt64 = 0

    static let services = ["native", "agent", "catalog", "import", "checked", "txn"]

    private let connection: HTTPClientConnection
    private let secret: String

    init(_ server: RollcallProcess, secret: String) throws {
        connection = try HTTPClientConnection(port: server.httpPort)
        self.secret = secret
        try readCatalog()
        try readKeys()
        try readHolders()
        for service in Self.services { try expectDNSAgrees(server, service) }
    }

    private func get(_ path: String) throws -> HTTPReply {
        let reply = try connection.request("GET", path, headers: ["X-Consul-Token": secret])
        // Without keys: 404.
        guard reply.status == 200 || reply.status == 404 else {
            throw UnexpectedAnswer(description: "\(path): \(reply)")
        }
        return reply
    }

    private mutating func readCatalog() throws {
        for service in Self.services {
            for instance in try get("/v1/catalog/service/\(service)").json.list {
                guard let id = instance["ServiceID"].text,
                    let value = instance["ServiceMeta"]["value"].text
                else { continue }
                places["\(service)/\(id)"] = value
            }
        }
        let nodes = try get("/v1/catalog/nodes")
        index = UInt64(nodes.headers["x-consul-index"] ?? "") ?? 0
        for node in nodes.json.list {
            guard let name = node["Node"].text, let value = node["Meta"]["value"].text
            else { continue }
            places["node/\(name)"] = value
        }
        for check in try get("/v1/health/checks/checked").json.list {
            guard let id = check["ServiceID"].text, let status = check["Status"].text else {
                continue
            }
            places["status/\(id)"] = status + "|" + (check["Output"].text ?? "")
        }
    }

    private mutating func readKeys() throws {
        var sessions: [String: String] = [:]
        for session in try get("/v1/session/list").json.list {
            guard let name = session["Name"].text, let id = session["ID"].text else { continue }
            sessions[id] = name
            ids["session/\(name)"] = id
            places["session/\(name)"] = session["Behavior"].text
        }
        for entry in try get("/v1/kv/?recurse").json.list {
            guard let key = entry["Key"].text else { continue }
            let bytes = Data(base64Encoded: entry["Value"].text ?? "") ?? Data()
            places["key/\(key)"] = String(decoding: bytes, as: UTF8.self)
            guard key.hasPrefix("lock/") else { continue }
            let holder = entry["Session"].text.map { sessions[$0] ?? "nobody's \($0)" } ?? "-"
            places["held/\(key)"] = "\(holder)|\(entry["LockIndex"].number ?? 0)"
        }
    }

    private mutating func readHolders() throws {
        for query in try get("/v1/query").json.list {
            guard let name = query["Name"].text, let id = query["ID"].text else { continue }
            places["query/\(name)"] = query["Service"]["Tags"][0].text
            ids["query/\(name)"] = id
        }
        for policy in try get("/v1/acl/policies").json.list {
            guard let name = policy["Name"].text, let id = policy["ID"].text else { continue }
            places["policy/\(name)"] = policy["Description"].text
            ids["policy/\(name)"] = id
        }
        for token in try get("/v1/acl/tokens").json.list {
            let words = (token["Description"].text ?? "").split(separator: " ").map(String.init)
            guard words.count == 2, words[0].hasPrefix("a-w"), let id = token["AccessorID"].text
            else { continue }
            places["token/\(words[0])"] = words[1]
            ids["token/\(words[0])"] = id
        }
    }

    /// DNS answers with the addresses of all that HTTP lists without a critical check.
    private func expectDNSAgrees(_ server: RollcallProcess, _ service: String) throws {
        let listed = try get("/v1/health/service/\(service)").json.list.filter { instance in
            !instance["Checks"].list.contains { $0["Status"].text == "critical" }
        }
        let expected = listed.compactMap { instance in
            [instance["Service"]["Address"].text, instance["Node"]["Address"].text]
                .compactMap { $0 }.first { !$0.isEmpty }
        }
        let answer = try server.dns.ask("\(service).service.consul", .a, over: .tcp).answer
        let addresses = answer.filter { $0.type == .a }
            .map { RData.text(type: .a, rdata: $0.rdata) }
        #expect(Set(addresses) == Set(expected), "\(service)")
        #expect(addresses.count == Set(addresses).count, "\(service)")
    }
}
