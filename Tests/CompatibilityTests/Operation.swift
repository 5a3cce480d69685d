import Foundation
import TestSupport

/// A write of a scenario, as the request that it stands for.
enum Operation {
    struct Request {
        var method: String
        var path: String
        var body: JSON?
    }

    /// Short words for paths whose body stands beside them.
    private static let bodies = [
        "reg": "/v1/agent/service/register",
        "cat": "/v1/catalog/register",
        "uncat": "/v1/catalog/deregister",
        "check": "/v1/agent/check/register",
    ]

    /// Short words for paths that end in an id.
    private static let ids = [
        "dereg": "/v1/agent/service/deregister/",
        "uncheck": "/v1/agent/check/deregister/",
    ]

    /// The request of an operation, or of a case that asks over HTTP; nil when it is none.
    static func request(_ fields: JSON) -> Request? {
        for (word, path) in bodies {
            guard let body = fields.member(word) else { continue }
            return Request(method: "PUT", path: path + (fields["params"].text ?? ""), body: body)
        }
        for (word, path) in ids {
            guard let id = fields[word].text else { continue }
            return Request(method: "PUT", path: path + escaped(id: id))
        }
        if let status = fields["ttl"].text {
            let note = fields["note"].text.map { "?note=" + escaped($0) } ?? ""
            let id = escaped(id: fields["id"].text ?? "")
            let path = "/v1/agent/check/\(status)/\(id)\(note)"
            return Request(method: "PUT", path: path)
        }
        if let service = fields["maint"].text {
            let enable = fields["enable"] != .bool(false)
            return maintenance("/v1/agent/service/maintenance/\(service)", enable, fields)
        }
        if let enable = fields.member("nodemaint") {
            return maintenance("/v1/agent/maintenance", enable.isTrue, fields)
        }
        for method in ["get", "put", "post", "delete", "head", "options", "patch"] {
            guard let path = fields[method].text else { continue }
            return Request(method: method.uppercased(), path: path, body: fields.member("body"))
        }
        return nil
    }

    private static func maintenance(_ path: String, _ enable: Bool, _ fields: JSON) -> Request {
        let reason = fields["reason"].text.map { "&reason=" + escaped($0) } ?? ""
        return Request(method: "PUT", path: "\(path)?enable=\(enable)\(reason)")
    }

    /// An id as part of a path, in which slashes may stand.
    private static func escaped(id: String) -> String { id.replacing(" ", with: "%20") }

    private static func escaped(_ text: String) -> String {
        text.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? ""
    }
}

// MARK: - Repetition

extension Operation {
    /// The operations with each `repeat` written out.
    static func expanded(_ operations: [JSON]) -> [JSON] {
        operations.flatMap { operation in
            guard let count = operation["repeat"].number else { return [operation] }
            let start = operation["start"].number ?? 1
            return (start..<start + count).flatMap { number in
                let values = [
                    "i": number, "lo": number % 200 + 1, "hi": number / 200, "m3": number % 3,
                    "port": 20_000 + number,
                ]
                return expanded([filled(operation["op"], values)])
            }
        }
    }

    /// Puts numbers in place of `{i}`; `{i:3}` has three digits.
    private static func filled(_ value: JSON, _ values: [String: Int]) -> JSON {
        switch value {
        case .text(let text):
            if text.hasPrefix("{"), text.hasSuffix("}"), let number = values[inner(text)] {
                return .number(Double(number))
            }
            return .text(filled(text, values))
        case .list(let elements): return .list(elements.map { filled($0, values) })
        case .object(let members): return .object(members.mapValues { filled($0, values) })
        default: return value
        }
    }

    private static func inner(_ text: String) -> String { String(text.dropFirst().dropLast()) }

    private static func filled(_ text: String, _ values: [String: Int]) -> String {
        text.replacing(/\{(\w+)(?::(\d+))?\}/) { match in
            guard let number = values[String(match.1)] else { return String(match.0) }
            let digits = "\(number)"
            let width = match.2.flatMap { Int($0) } ?? 0
            return String(repeating: "0", count: max(0, width - digits.count)) + digits
        }
    }
}
