import TestSupport
import Testing

extension ProgramTests {
    @Suite("Limits of the catalog")
    struct LimitTests {
        private struct Case {
            /// The setting below `limits.`, set to one.
            var setting: String
            var method = "PUT"
            var path: String
            /// The first is taken, the second is one too many.
            var bodies: [String]
            var words: String
        }

        private static func instance(_ service: String, _ port: Int) -> String {
            #"{"service":"\#(service)","host":"10.0.0.7","port":\#(port)}"#
        }

        private static let cases = [
            Case(
                setting: "instances_per_service_max",
                method: "POST",
                path: "/register",
                bodies: [instance("web", 1), instance("web", 2)],
                words: "at most 1 instances of a service are allowed"
            ),
            Case(
                setting: "nodes_max",
                path: "/v1/catalog/register",
                bodies: ["", #"{"Node":"n2","Address":"10.0.0.2"}"#],
                words: "at most 1 nodes are allowed"
            ),
            Case(
                setting: "keys_max",
                path: "/v1/kv/",
                bodies: ["a", "b"],
                words: "at most 1 keys are allowed"
            ),
            Case(
                setting: "sessions_max",
                path: "/v1/session/create",
                bodies: ["{}", "{}"],
                words: "at most 1 sessions are allowed"
            ),
            Case(
                setting: "prepared_queries_max",
                method: "POST",
                path: "/v1/query",
                bodies: [
                    #"{"Name":"a","Service":{"Service":"a"}}"#,
                    #"{"Name":"b","Service":{"Service":"b"}}"#,
                ],
                words: "at most 1 prepared queries are allowed"
            ),
        ]

        @Test("what is one too many is refused with the limit", arguments: 0..<cases.count)
        func tooMany(_ position: Int) async throws {
            let limit = Self.cases[position]
            let server = try await RollcallProcess.start(
                ["--ephemeral"],
                settings: ["ROLLCALL_LIMITS_\(limit.setting.uppercased())": "1"]
            )
            for (number, body) in limit.bodies.enumerated() where !body.isEmpty {
                let path = limit.path.hasSuffix("/kv/") ? limit.path + body : limit.path
                let reply = try server.http(limit.method, path, body)
                if number == 0 {
                    #expect(reply.status == 200, "\(limit.setting): \(reply)")
                } else {
                    #expect(reply.body.contains(limit.words), "\(limit.setting): \(reply)")
                    let isNative = !limit.path.hasPrefix("/v1/")
                    #expect(reply.status == (isNative ? 503 : 500), "\(limit.setting): \(reply)")
                    let hint = reply.json["hint"].text ?? ""
                    #expect(!isNative || hint.contains("limits.\(limit.setting)"), "\(reply)")
                }
            }
        }

        @Test("all instances and all checks together have a limit that the refusal names")
        func totals() async throws {
            let server = try await RollcallProcess.start(
                ["--ephemeral"],
                settings: ["ROLLCALL_LIMITS_INSTANCES_MAX": "2", "ROLLCALL_LIMITS_CHECKS_MAX": "2"]
            )
            try server.register(
                #"{"service":"a","host":"127.0.0.1","port":1,"checks":[{"tcp":"127.0.0.1:1"}]}"#
            )
            let instances = try server.http("POST", "/register", Self.instance("b", 1))
            #expect(instances.status == 503)
            #expect(instances.json["hint"].text?.contains("limits.instances_max") == true)
            let checks = try server.http(
                "POST",
                "/register",
                #"{"service":"a","host":"127.0.0.1","port":1,"checks":[{"tcp":"127.0.0.1:1"},{"tcp":"127.0.0.1:2"}]}"#
            )
            #expect(checks.status == 503, "\(checks)")
            #expect(checks.json["hint"].text?.contains("limits.checks_max") == true, "\(checks)")
        }

        @Test("too large a value and too long a transaction are refused")
        func values() async throws {
            let server = try await RollcallProcess.start(
                ["--ephemeral"],
                settings: [
                    "ROLLCALL_LIMITS_VALUE_BYTES_MAX": "100",
                    "ROLLCALL_LIMITS_OPERATIONS_PER_TRANSACTION_MAX": "1",
                ]
            )
            let fits = try server.http("PUT", "/v1/kv/a", String(repeating: "v", count: 100))
            #expect(fits.status == 200, "\(fits)")
            let value = try server.http("PUT", "/v1/kv/a", String(repeating: "v", count: 101))
            #expect(value.status == 413 && value.body.contains("100 bytes"), "\(value)")
            let step = #"{"KV":{"Verb":"get","Key":"a"}}"#
            #expect(try server.http("PUT", "/v1/txn", "[\(step)]").status == 200)
            let steps = try server.http("PUT", "/v1/txn", "[\(step),\(step)]")
            #expect(steps.status == 413, "\(steps)")
        }
    }
}
