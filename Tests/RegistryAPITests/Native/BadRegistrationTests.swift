import ServiceCatalog
import Testing

@Suite("Native API: bad registrations", .timeLimit(.minutes(1)))
struct BadRegistrationTests {
    private static func with(_ fields: String) -> String {
        #"{"service":"payment","host":"10.0.1.1","port":8080,\#(fields)}"#
    }

    private static func check(_ fields: String) -> String {
        with(#""checks":[{\#(fields)}]"#)
    }

    /// Body, field that the answer names, and words that its text has.
    static let cases: [(body: String, field: String, words: String)] = [
        (#"{"host":"10.0.1.1","port":8080}"#, "service", "service is required"),
        (#"{"service":"payment","port":8080}"#, "host", "host is required"),
        (#"{"service":"payment","host":"10.0.1.1"}"#, "port", "port is required"),
        (
            #"{"service":"payment","host":"10.0.1.1","port":70000}"#, "port",
            "must be from 1 to 65535, not 70000"
        ),
        (#"{"service":"payment","host":"10.0.1.1","port":0}"#, "port", "not 0"),
        (#"{"service":"payment","host":"10.0.1.1","port":-1}"#, "port", "not -1"),
        (#"{"service":"payment","host":"10.0.1.1","port":"80"}"#, "port", "a number, not a string"),
        (#"{"service":"payment","host":"10.0.1.1","port":80.5}"#, "port", "a whole number"),
        (#"{"service":7,"host":"10.0.1.1","port":80}"#, "service", "a string, not a number"),
        (#"{"service":"","host":"10.0.1.1","port":80}"#, "service", "must not be empty"),
        (
            #"{"service":"\#(String(repeating: "a", count: 64))","host":"10.0.1.1","port":80}"#,
            "service", "must not be longer than 63 bytes, it has 64"
        ),
        (#"{"service":"my service","host":"10.0.1.1","port":80}"#, "service", "it has a space"),
        (#"{"service":"a.b","host":"10.0.1.1","port":80}"#, "service", "it has \".\""),
        (#"{"service":"caf\u00e9","host":"10.0.1.1","port":80}"#, "service", "it has \"é\""),
        (#"{"service":"p","host":"10.0.1.999","port":80}"#, "host", "an IP address or a host name"),
        (#"{"service":"p","host":"0.0.0.0","port":80}"#, "host", "that clients can connect to"),
        (#"{"service":"p","host":"http://x/","port":80}"#, "host", "an IP address or a host name"),
        (
            #"{"service":"p","host":"10.0.0.1:80","port":80}"#, "host",
            "an IP address or a host name"
        ),
        (with(#""prot":1"#), "prot", "is not a known field"),
        (with(#""tags":"a""#), "tags", "an array of strings, not a string"),
        (with(#""tags":["a",1]"#), "tags[1]", "a string, not a number"),
        (with(#""tags":["a","b c"]"#), "tags[1]", "DNS labels"),
        (with(#""tags":["\#(String(repeating: "t", count: 64))"]"#), "tags[0]", "DNS labels"),
        (with(#""tags":["a","a"]"#), "tags", "a tag twice"),
        (with(#""metadata":{"a b":"c"}"#), "metadata.a b", "letters, digits"),
        (with(#""metadata":{"a":1}"#), "metadata.a", "a string, not a number"),
        (
            with(#""metadata":{"a":"\#(String(repeating: "v", count: 513))"}"#), "metadata.a",
            "must not be longer than 512 bytes"
        ),
        (with(#""weights":{"passing":0}"#), "weights.passing", "from 1 to 65535"),
        (with(#""weights":{"warn":1}"#), "weights.warn", "is not a known field"),
        (with(#""ttl":"60""#), "ttl", "must be a time such as"),
        (with(#""ttl":"1ms""#), "ttl", "must be from 1s to 24h0m0s"),
        (with(#""ttl":true"#), "ttl", "must be a time such as"),
        (with(#""id":"""#), "id", "must not be empty"),
        (with(#""id":"a\nb""#), "id", "control characters"),
        (with(#""checks":{}"#), "checks", "an array, not an object"),
        (with(#""checks":[1]"#), "checks[0]", "an object, not a number"),
        (check(#""interval":"10s""#), "checks[0]", "exactly one of http, tcp"),
        (check(#""http":"/a","tcp":":80""#), "checks[0]", "exactly one of http, tcp"),
        (check(#""http":"ftp://10.0.0.1/""#), "checks[0].http", "an http or https URL"),
        (check(#""http":"http://8.8.8.8/""#), "checks[0].http", "outside the networks"),
        (
            check(#""http":"http://169.254.169.254/latest""#), "checks[0].http",
            "outside the networks"
        ),
        (
            check(#""tcp":"[::ffff:169.254.169.254]:80""#), "checks[0].tcp",
            "outside the networks"
        ),
        (check(#""tcp":"10.0.0.1""#), "checks[0].tcp", "of the form host:port"),
        (check(#""tcp":"10.0.0.1:70000""#), "checks[0].tcp", "a port from 1 to 65535"),
        (check(#""udp":"10.0.0.1:x""#), "checks[0].udp", "of the form host:port"),
        (check(#""dns":"10.0.0.1""#), "checks[0].query", "is required"),
        (check(#""tcp":":80","method":"GET""#), "checks[0].method", "only for checks of type http"),
        (check(#""http":"/","method":"G T""#), "checks[0].method", "an HTTP method"),
        (check(#""http":"/","headers":{"a b":"c"}"#), "checks[0].headers.a b", "an HTTP field"),
        (
            check(#""http":"/","headers":{"a":"b\r\nc: d"}"#), "checks[0].headers.a",
            "control characters"
        ),
        (check(#""http":"/","interval":"1""#), "checks[0].interval", "a time such as"),
        (check(#""http":"/","interval":"10ms""#), "checks[0].interval", "from 1s to 24h0m0s"),
        (
            check(#""http":"/","failures_before_critical":0"#),
            "checks[0].failures_before_critical", "from 1 to 1000"
        ),
        (check(#""script":"rm""#), "checks[0].script", "is not a known field"),
        (
            with(#""checks":[{"id":"x","ttl":"5s"},{"id":"x","ttl":"6s"}]"#), "checks[1].id",
            "different from the others"
        ),
    ]

    @Test("each is answered with 400, the field and the reason, and changes nothing")
    func refusesEach() async throws {
        try await TestServer.with { server in
            for (body, field, words) in Self.cases {
                let response = try await server.request("POST", "/register", body)
                #expect(response.status == 400, "\(body)")
                #expect(response.field == field, "\(body) gave \(response.body)")
                #expect(response.error.contains(words), "\(body) gave \(response.body)")
            }
            #expect(server.keeper.read { $0.instanceCount } == 0)
            #expect(server.log.changes.count == 1)
            #expect(
                try await server.request("POST", "/register", RegisterTests.payment).status == 200
            )
        }
    }

    @Test("an unknown field comes with the name that was probably meant")
    func suggestsField() async throws {
        try await TestServer.with { server in
            let body = RegisterTests.payment.replacing("\"host\"", with: "\"hots\"")
            let response = try await server.request("POST", "/register", body)
            #expect(response.field == "hots")
            #expect(response.hint == "did you mean \"host\"?")
            let other = try await server.request("POST", "/register", #"{"zzzzzz":1}"#)
            #expect(other.hint.contains("known fields: checks, host, id"))
        }
    }

    @Test(
        "malformed JSON is answered with its place",
        arguments: [
            ("", "the body must be a JSON object, but it is empty"),
            ("{", "line 1, column 2: expected a field name"),
            ("{\"service\":\n  payment}", "line 2, column 3: expected a value, found 'p'"),
            ("{\"a\":1,}", "line 1, column 8: expected a field name in double quotes, found '}'"),
            ("{\"a\":1} x", "line 1, column 9: text after the end of the value"),
            ("{\"host\":\"a\",\"host\":\"b\"}", "column 13: the field \"host\" is there twice"),
            ("{\"a\":\"b", "column 6: the string does not end"),
            ("{\"a\":01}", "a number must not begin with 0"),
            ("service=payment", "line 1, column 1: expected a value, found 's'"),
            ("[]", "body must be an object, not an array"),
            (String(repeating: "[", count: 1_000), "more than 32 levels of nesting"),
        ]
    )
    func refusesMalformedJSON(body: String, words: String) async throws {
        try await TestServer.with { server in
            let response = try await server.request("POST", "/register", body)
            #expect(response.status == 400)
            #expect(response.error.contains(words), "\(response.body)")
        }
    }
}
