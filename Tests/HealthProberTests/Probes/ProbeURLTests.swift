internal import Foundation
internal import Testing

@testable internal import HealthProber

@Suite("Probe URL")
struct ProbeURLTests {
    private static let plain = [
        "http://127.0.0.1", "http://127.0.0.1/", "http://10.0.0.1:8080", "http://10.0.0.1:1/health",
        "http://web.service.consul/a/b.c?x=1&y=(2)", "http://10.0.0.1?ready",
        "http://a:65535//x/../y",
        "http://10.0.0.1/v1/~me/a,b;c=d@e:f!$'*+", "http://10.0.0.1:99999/",
    ]

    @Test("What is read quickly means the same as when Foundation reads it", arguments: plain)
    func plainURLs(text: String) throws {
        let quick = try #require(ProbeURL(plain: text))
        let thorough = try #require(URL(string: text).flatMap { ProbeURL($0) })
        #expect(quick == thorough)
        #expect(quick.spelled == thorough.spelled)
    }

    @Test(
        "All else is left to Foundation",
        arguments: [
            "", "http://", "http://:80/", "https://10.0.0.1/", "HTTP://10.0.0.1/", "http://[::1]/",
            "http://me@10.0.0.1/", "http://10.0.0.1/a%20b", "http://10.0.0.1/#top",
            "http://10.0.0.1/a b", "http://10.0.0.1:/", "http://10.0.0.1:080/",
            "http://10.0.0.1:x/", "http://10.0.0.1:123456/", "http://Web/", "http://wéb/",
            "http://10.0.0.1/\r\nX: y", "http://10.0.0.1\\x", "http://a_b/",
        ]
    )
    func otherURLs(text: String) {
        #expect(ProbeURL(plain: text) == nil)
    }

    @Test("Random URLs mean the same both ways")
    func randomURLs() throws {
        var random = ProbeRandom(seed: 5)
        let alphabet = Array("a1./?:&=%#@[]~ -_;,+!$'()*é")
        var quickly = 0
        for _ in 0..<3_000 {
            let length = Int.random(in: 0...12, using: &random)
            let tail = String((0..<length).map { _ in alphabet.randomElement(using: &random)! })
            let text = "http://10.0.0.1\(tail)"
            guard let quick = ProbeURL(plain: text) else { continue }
            quickly += 1
            #expect(URL(string: text).flatMap { ProbeURL($0) } == quick, "\(text)")
        }
        #expect(quickly > 50)
    }

    @Test("A path is followed from where it was found")
    func following() throws {
        let url = try #require(ProbeURL("http://10.0.0.1:81/a/b?x"))
        #expect(url.following(location: "c")?.spelled == "http://10.0.0.1:81/a/c")
        #expect(url.following(location: "https://[::1]/")?.host == "::1")
        #expect(url.following(location: "ftp://10.0.0.1/") == nil)
    }
}
