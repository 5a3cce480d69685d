import Foundation
import TestSupport

/// What an answer to a question over HTTP shows, aspect by aspect.
struct HTTPObservation {
    let server: ServerUnderTest
    let question: Scenario.Case

    func observe() throws -> [String: JSON] {
        guard let request = Operation.request(question.fields) else {
            throw UnexpectedAnswer(description: "\(question.id) asks nothing")
        }
        let headers = question["headers"].members.compactMapValues(\.text)
        return aspects(of: try server.send(request, headers: headers))
    }

    /// The aspects of a reply.
    func aspects(of reply: HTTPReply) -> [String: JSON] {
        let isJSON = mediaType(of: reply) == "application/json"
        let isSuccess = reply.status < 300
        var aspects: [String: JSON] = [
            "reply": .bool(true),
            "status": .number(Double(reply.status)),
            "ctype": .text(isSuccess && !reply.body.isEmpty ? mediaType(of: reply) : ""),
            "index": index(of: reply).map { .bool($0 > 0) } ?? .null,
            "headers": .object(reply.headers.mapValues { .text($0) }),
        ]
        let text = reply.body.trimmingCharacters(in: .whitespacesAndNewlines)
        let canonical = CanonicalJSON(server, question)
        if isJSON, [429, 503].contains(reply.status) {
            aspects["body"] = canonical.form(of: reply.json)
        } else if !isSuccess {
            aspects["errtext"] = .text(String(text.prefix(300)))
            aspects["body"] = .null
        } else if let value = text.isEmpty ? .text("") : try? JSON(text) {
            describe(value, canonical, in: &aspects)
        } else {
            aspects["body"] = .object(["text": .text(text)])
        }
        return aspects
    }

    private func describe(
        _ value: JSON,
        _ canonical: CanonicalJSON,
        in aspects: inout [String: JSON]
    ) {
        aspects["shape"] = .list(CanonicalJSON.shape(of: value).map { .text($0) })
        if question.has("exists") {
            let paths = question.texts("exists").map { path in
                (path, JSON.text((value.value(at: path) ?? .null).kind))
            }
            aspects["shape"] = .list([])
            aspects["body"] = .object(Dictionary(uniqueKeysWithValues: paths))
            return
        }
        let picked = question.texts("pick").map { ($0, value.value(at: $0) ?? .text("(none)")) }
        aspects["picked"] = .object(Dictionary(uniqueKeysWithValues: picked))
        if let path = question["first"].text {
            let first = value[0].value(at: path) ?? .null
            aspects["order"] = first == .text(ServerUnderTest.nodeName) ? .text("@self") : first
        }
        let form = canonical.form(of: value)
        var body: [String: JSON] = ["type": .text(value.kind)]
        if question["len"].isTrue {
            body["len"] = .number(Double(max(form.list.count, form.members.count)))
        } else {
            body["value"] = form
        }
        aspects["body"] = .object(body)
    }

    private func mediaType(of reply: HTTPReply) -> String {
        let value = reply.headers["content-type"] ?? ""
        return value.prefix { $0 != ";" }.trimmingCharacters(in: .whitespaces)
    }

    /// The index that a reply carries.
    func index(of reply: HTTPReply) -> UInt64? {
        reply.headers["x-consul-index"].map { UInt64($0) ?? 0 }
    }
}
