import NIOHTTP1
import Testing

@testable import EncryptedDNS

@Suite("The DNS message in an HTTP request")
struct HTTPQueryTests {
    private func query(
        _ method: HTTPMethod,
        _ uri: String,
        _ headers: HTTPHeaders = [:]
    ) -> HTTPQuery {
        HTTPQuery(HTTPRequestHead(version: .http1_1, method: method, uri: uri, headers: headers))
    }

    private func status(_ query: HTTPQuery) -> UInt? {
        if case .refused(let refusal) = query { refusal.status.code } else { nil }
    }

    @Test("GET has the message of RFC 8484's example in its URL")
    func get() {
        // www.example.com A, RFC 8484 §4.1.1.
        let uri = "/dns-query?dns=AAABAAABAAAAAAAAA3d3dwdleGFtcGxlA2NvbQAAAQAB"
        let message: [UInt8] =
            [0, 0, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0] + [3] + Array("www".utf8) + [7]
            + Array("example".utf8) + [3] + Array("com".utf8) + [0, 0, 1, 0, 1]
        #expect(query(.GET, uri) == .inPath(message))
        #expect(query(.HEAD, uri + "&x=1") == .inPath(message))
    }

    @Test("POST has it in the body, whose type may have parameters and any case")
    func post() {
        #expect(query(.POST, "/dns-query", ["content-type": HTTPQuery.mediaType]) == .inBody)
        let odd: HTTPHeaders = ["Content-Type": "Application/DNS-Message; charset=x"]
        #expect(query(.POST, "/dns-query", odd) == .inBody)
    }

    @Test(
        "what is wrong gets the status that says so",
        arguments: [
            ("GET", "/dns-query", 400), ("GET", "/dns-query?dns=", 400),
            ("GET", "/dns-query?dns=AAAA", 400), ("GET", "/dns-query?dns=A+/=", 400),
            ("GET", "/dns-query?dns=AAABAAABAAAAAAAA&dns=AAABAAABAAAAAAAA", 400),
            ("GET", "/", 404), ("GET", "/dns-query/x", 404), ("POST", "/dns-query", 415),
            ("PUT", "/dns-query", 405), ("DELETE", "/dns-query", 405),
        ] as [(String, String, UInt)]
    )
    func refusals(_ method: String, _ uri: String, _ code: UInt) {
        #expect(status(query(HTTPMethod(rawValue: method), uri)) == code)
    }

    @Test("a URL of more than 8 KiB is 414, a body of more than a message 413")
    func sizes() {
        let long = "/dns-query?dns=" + String(repeating: "A", count: 8192)
        #expect(status(query(.GET, long)) == 414)
        let large: HTTPHeaders = [
            "content-type": HTTPQuery.mediaType, "content-length": "65536",
        ]
        #expect(query(.POST, "/dns-query", large) == .refused(HTTPQuery.tooLarge))
    }

    @Test("base64url takes no padding, no other alphabet and no odd character")
    func base64() {
        #expect(Base64URL.decode("") == [])
        #expect(Base64URL.decode("_-8") == [0xFF, 0xEF])
        for text in ["A", "AAAAA", "AA==", "A+AA", "A/AA", "A AA", "ÄAA"] {
            #expect(Base64URL.decode(text) == nil, "\(text)")
        }
    }
}
