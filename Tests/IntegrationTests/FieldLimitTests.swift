import TestSupport
import Testing

extension ProgramTests {
    @Suite("Limits of a registration")
    struct FieldLimitTests {
        /// A field of a registration that has room for so many things, or bytes, and no more.
        private struct Case {
            /// Below `limits.`.
            var setting: String
            var limit: Int
            /// As the refusal calls it in Rollcall's own API.
            var field: String
            /// More members of `POST /register`, with so many of it.
            var native: @Sendable (Int) -> String
            /// More members of `PUT /v1/agent/service/register`.
            var consul: @Sendable (Int) -> String
        }

        private static func text(_ count: Int) -> String { String(repeating: "v", count: count) }

        private static func list(_ count: Int, _ member: (Int) -> String) -> String {
            (0..<count).map(member).joined(separator: ",")
        }

        private static let cases = [
            Case(
                setting: "tags_per_instance_max",
                limit: 2,
                field: "tags",
                native: { count in #""tags":[\#(list(count) { #""t\#($0)""# })]"# },
                consul: { count in #""Tags":[\#(list(count) { #""t\#($0)""# })]"# }
            ),
            Case(
                setting: "meta_pairs_max",
                limit: 3,
                field: "metadata",
                native: { count in #""metadata":{\#(list(count) { #""k\#($0)":"v""# })}"# },
                consul: { count in #""Meta":{\#(list(count) { #""k\#($0)":"v""# })}"# }
            ),
            Case(
                setting: "meta_key_bytes_max",
                limit: 5,
                field: "metadata",
                native: { count in #""metadata":{"\#(text(count))":"v"}"# },
                consul: { count in #""Meta":{"\#(text(count))":"v"}"# }
            ),
            Case(
                setting: "meta_value_bytes_max",
                limit: 6,
                field: "metadata.k",
                native: { count in #""metadata":{"k":"\#(text(count))"}"# },
                consul: { count in #""Meta":{"k":"\#(text(count))"}"# }
            ),
            Case(
                setting: "checks_per_registration_max",
                limit: 1,
                field: "checks",
                native: { count in
                    #""checks":[\#(list(count) { #"{"tcp":"127.0.0.1:\#($0 + 1)"}"# })]"#
                },
                consul: { count in
                    #""Checks":[\#(list(count) { #"{"CheckID":"c\#($0)","TTL":"1h"}"# })]"#
                }
            ),
            Case(
                setting: "text_bytes_max",
                limit: 70,
                field: "checks[0].body",
                native: { count in
                    #""checks":[{"http":"http://127.0.0.1:1/","body":"\#(text(count))"}]"#
                },
                consul: { count in #""Tags":["\#(text(count))"]"# }
            ),
        ]

        @Test("what just fits is taken, one more is refused with field, reason and setting")
        func edges() async throws {
            var settings: [String: String] = [:]
            for limit in Self.cases {
                settings["ROLLCALL_LIMITS_\(limit.setting.uppercased())"] = "\(limit.limit)"
            }
            let server = try await RollcallProcess.start(["--ephemeral"], settings: settings)
            for (number, limit) in Self.cases.enumerated() {
                func native(_ service: String, _ count: Int) throws -> HTTPReply {
                    try server.http(
                        "POST",
                        "/register",
                        #"{"service":"\#(service)","host":"127.0.0.1","port":1,\#(limit.native(count))}"#
                    )
                }
                func consul(_ service: String, _ count: Int) throws -> HTTPReply {
                    try server.http(
                        "PUT",
                        "/v1/agent/service/register",
                        #"{"Name":"\#(service)","Port":1,\#(limit.consul(count))}"#
                    )
                }
                let setting = "limits.\(limit.setting)"
                let fits = try native("fits-\(number)", limit.limit)
                #expect(fits.status == 200, "\(setting): \(fits)")
                let refusal = try native("refused-\(number)", limit.limit + 1)
                #expect(refusal.status == 400, "\(setting): \(refusal)")
                #expect(refusal.json["field"].text == limit.field, "\(setting): \(refusal)")
                #expect(refusal.json["error"].text?.contains("\(limit.limit)") == true)
                #expect(
                    refusal.json["hint"].text == "the limit is \(setting) in the server's settings",
                    "\(refusal)"
                )
                let fitsToo = try consul("fits-too-\(number)", limit.limit)
                #expect(fitsToo.status == 200, "\(setting): \(fitsToo)")
                let consulRefusal = try consul("refused-\(number)", limit.limit + 1)
                #expect(consulRefusal.status == 400, "\(setting): \(consulRefusal)")
                #expect(consulRefusal.body.contains(setting), "\(consulRefusal)")
            }
            // Nothing of what was refused is there.
            let services = try server.http("GET", "/services").body
            #expect(services.contains("fits-0") && services.contains("fits-too-0"))
            #expect(!services.contains("refused"), "\(services)")
        }

        @Test("a body and a head of the largest size are taken, one byte more is refused")
        func requests() async throws {
            let server = try await RollcallProcess.start(
                ["--ephemeral"],
                settings: [
                    "ROLLCALL_HTTP_BODY_BYTES_MAX": "2000", "ROLLCALL_HTTP_HEADERS_MAX": "20",
                    "ROLLCALL_HTTP_HEADER_BYTES_MAX": "2KiB",
                ]
            )
            func register(bytes: Int) throws -> HTTPReply {
                let body = #"{"service":"web","host":"127.0.0.1","port":1}"#
                let padding = String(repeating: " ", count: bytes - body.utf8.count)
                return try server.http("POST", "/register", body + padding)
            }
            #expect(try register(bytes: 2_000).status == 200)
            let body = try register(bytes: 2_001)
            #expect(body.status == 413)
            #expect(body.json["hint"].text?.contains("http.body_bytes_max") == true, "\(body)")
            func list(_ headers: [String: String]) throws -> HTTPReply {
                try HTTPClientConnection(port: server.httpPort)
                    .request("GET", "/services", headers: headers)
            }
            func fields(_ count: Int) -> [String: String] {
                Dictionary(uniqueKeysWithValues: (0..<count).map { ("X-\($0)", "v") })
            }
            #expect(try list(fields(10)).status == 200)
            #expect(try list(["X-A": Self.text(1_500)]).status == 200)
            for headers in [fields(40), ["X-A": Self.text(4_000)]] {
                let head = try list(headers)
                #expect(head.status == 431, "\(head)")
                let hint = head.json["hint"].text ?? ""
                #expect(hint.contains("http.headers_max") && hint.contains("http.header_bytes_max"))
            }
        }
    }
}
