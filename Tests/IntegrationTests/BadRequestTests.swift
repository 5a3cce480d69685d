import TestSupport
import Testing

extension ProgramTests {
    @Suite("Bad HTTP requests")
    struct BadRequestTests {
        private struct Case {
            var what: String
            var body: String
            var field: String?
            var words: [String]
        }

        private static let cases = [
            Case(
                what: "malformed JSON",
                body: #"{"service": "web", "host": "10.0.1.1", "port": }"#,
                field: nil,
                words: ["JSON"]
            ),
            Case(what: "nothing", body: "", field: nil, words: []),
            Case(what: "a list", body: "[]", field: "body", words: ["object"]),
            Case(
                what: "an unknown field",
                body: #"{"service": "web", "host": "10.0.1.1", "port": 80, "prot": 1}"#,
                field: "prot",
                words: ["known"]
            ),
            Case(
                what: "port 70000",
                body: #"{"service": "web", "host": "10.0.1.1", "port": 70000}"#,
                field: "port",
                words: ["65535"]
            ),
            Case(
                what: "port as text",
                body: #"{"service": "web", "host": "10.0.1.1", "port": "80"}"#,
                field: "port",
                words: ["number"]
            ),
            Case(
                what: "a label of 64 bytes",
                body:
                    #"{"service": "\#(String(repeating: "a", count: 64))", "host": "10.0.1.1", "port": 80}"#,
                field: "service",
                words: ["63"]
            ),
            Case(
                what: "a name with spaces",
                body: #"{"service": "my web", "host": "10.0.1.1", "port": 80}"#,
                field: "service",
                words: ["space"]
            ),
            Case(
                what: "no service",
                body: #"{"host": "10.0.1.1", "port": 80}"#,
                field: "service",
                words: ["required"]
            ),
            Case(
                what: "a host with a port",
                body: #"{"service": "web", "host": "10.0.1.1:80", "port": 80}"#,
                field: "host",
                words: ["address"]
            ),
            Case(
                what: "a wrong interval",
                body:
                    #"{"service": "web", "host": "10.0.1.1", "port": 80, "checks": [{"tcp": ":80", "interval": "soon"}]}"#,
                field: "checks[0].interval",
                words: []
            ),
        ]

        @Test("each is 400 with the reason and the field, and changes nothing")
        func register() async throws {
            let server = try await RollcallProcess.start(["--ephemeral"])
            for bad in Self.cases {
                let reply = try server.http("POST", "/register", bad.body)
                #expect(reply.status == 400, "\(bad.what): \(reply)")
                #expect(reply.json["field"].text == bad.field, "\(bad.what): \(reply)")
                let error = reply.json["error"].text ?? ""
                #expect(!error.isEmpty, "\(bad.what): \(reply)")
                for word in bad.words { #expect(error.contains(word), "\(bad.what): \(error)") }
            }
            #expect(try server.http("GET", "/services").json.keys == ["consul"])
            try server.register(#"{"service": "web", "host": "10.0.1.1", "port": 80}"#)
            #expect(try server.dns.addresses("web.service.consul") == ["10.0.1.1"])
        }

        @Test("Consul's API tells its reasons as text")
        func consul() async throws {
            let server = try await RollcallProcess.start(["--ephemeral"])
            let cases = [
                (#"{"Name": }"#, "decode"),
                (#"{"Name": "web", "Prot": 1}"#, "Prot"),
                (#"{"Name": "web", "Port": 70000}"#, "65535"),
                (#"{"Port": 80}"#, "ame"),
                (#"{"Name": "web", "Check": {"HTTP": "http://127.0.0.1/"}}"#, "nterval"),
            ]
            for (body, word) in cases {
                let reply = try server.http("PUT", "/v1/agent/service/register", body)
                #expect(reply.status == 400, "\(body): \(reply)")
                #expect(reply.body.contains(word), "\(body): \(reply)")
                #expect(!reply.body.hasPrefix("{"), "\(body): \(reply)")
            }
            #expect(try server.http("GET", "/v1/agent/services").json.keys == [])
        }

        @Test("a body of 10 MB is refused, and the service goes on")
        func largeBody() async throws {
            let server = try await RollcallProcess.start(["--ephemeral"])
            let body = #"{"service": "\#(String(repeating: "a", count: 10 << 20))"}"#
            let scratch = try ScratchFolder()
            let file = try scratch.write(body, to: "body")
            let result = try await CommandLineClient.run([
                "curl", "-sS", "-o", "/dev/null", "-w", "%{http_code}", "--data-binary", "@\(file)",
                server.url + "/register",
            ])
            #expect(result.output == "413", "\(result)")
            let chunked = try await CommandLineClient.run([
                "curl", "-sS", "-o", "/dev/null", "-w", "%{http_code}", "-H",
                "Transfer-Encoding: chunked", "--data-binary", "@\(file)", server.url + "/register",
            ])
            #expect(chunked.output == "413", "\(chunked)")
            #expect(try server.http("GET", "/health").status == 200)
        }

        @Test("half a request does not keep others waiting")
        func halfRequest() async throws {
            let server = try await RollcallProcess.start(["--ephemeral"])
            let halves = try (0..<50).map { number in
                let connection = try HTTPClientConnection(port: server.httpPort)
                let text =
                    number.isMultiple(of: 2)
                    ? "POST /register HTTP/1.1\r\nHost: a\r\nContent-Le"
                    : "POST /register HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\n{\"service\":"
                try connection.socket.send(Array(text.utf8))
                return connection
            }
            try server.register(#"{"service": "web", "host": "10.0.1.1", "port": 80}"#)
            #expect(try server.dns.addresses("web.service.consul") == ["10.0.1.1"])
            #expect(halves.count == 50)
        }

        @Test("what is no HTTP at all is answered or closed, and the service goes on")
        func noHTTP() async throws {
            let server = try await RollcallProcess.start(["--ephemeral"])
            for text in [
                "\u{16}\u{3}\u{1}\u{2}hello", "GET\r\n\r\n", "GET / HTTP/9.9\r\n\r\n",
                "\r\n\r\n\r\n\0",
            ] {
                let connection = try HTTPClientConnection(
                    port: server.httpPort,
                    timeoutMilliseconds: 2_000
                )
                try connection.socket.send(Array(text.utf8))
                connection.socket.finishSending()
                while let bytes = try? connection.socket.receive(), !bytes.isEmpty {
                    #expect(String(decoding: bytes, as: UTF8.self).hasPrefix("HTTP/1.1 4"))
                    break
                }
            }
            #expect(try server.http("GET", "/health").status == 200)
        }

        @Test("unknown paths and methods say what there is")
        func paths() async throws {
            let server = try await RollcallProcess.start(["--ephemeral"])
            #expect(try server.http("GET", "/nothing").status == 404)
            let method = try server.http("DELETE", "/register")
            #expect(method.status == 405)
            #expect(method.headers["allow"]?.contains("POST") == true)
            #expect(try server.http("GET", "/services/nothing").status == 404)
            #expect(try server.http("PUT", "/heartbeat/nothing").status == 404)
            #expect(try server.http("GET", "/v1/nothing").status == 404)
        }

        @Test("an import tells which lines are wrong and takes the others")
        func importing() async throws {
            let server = try await RollcallProcess.start(["--ephemeral"])
            let reply = try server.http(
                "POST",
                "/import",
                """
                {"service": "a", "host": "10.0.1.1", "port": 80}
                {"service": "b", "host": "10.0.1.2", "port": 70000}

                not JSON
                {"service": "d", "host": "10.0.1.4", "port": 80}
                """
            )
            #expect(reply.json["imported"].number == 2, "\(reply)")
            #expect(reply.json["failed"].number == 2, "\(reply)")
            #expect(reply.json["errors"].list.map { $0["line"].number } == [2, 4], "\(reply)")
            #expect(try server.dns.addresses("d.service.consul") == ["10.0.1.4"])
        }
    }
}
