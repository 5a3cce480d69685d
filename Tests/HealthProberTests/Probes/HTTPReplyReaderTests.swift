internal import NIOCore
internal import Testing

@testable internal import HealthProber

@Suite("HTTP reply reader")
struct HTTPReplyReaderTests {
    private struct Outcome: Hashable {
        var reply: HTTPReply?
        var isComplete: Bool
        var isMalformed = false
    }

    /// Feeds `text` in pieces of `step` bytes.
    private func read(
        _ text: String,
        step: Int = .max,
        tailBytesMax: Int = 64,
        hasNoBody: Bool = false
    ) -> Outcome {
        var reader = HTTPReplyReader(tailBytesMax: tailBytesMax, hasNoBody: hasNoBody)
        var rest = ByteBuffer(string: text).readableBytesView
        var isComplete = false
        while !rest.isEmpty, !isComplete {
            let piece = rest.prefix(step)
            rest = rest.dropFirst(piece.count)
            do throws(ProbeFailure) {
                isComplete = try reader.read(piece)
            } catch {
                return Outcome(reply: reader.reply, isComplete: false, isMalformed: true)
            }
        }
        return Outcome(reply: reader.reply, isComplete: isComplete)
    }

    private func reply(
        _ status: Int,
        _ reason: String,
        _ body: String = "",
        location: String? = nil
    ) -> HTTPReply {
        HTTPReply(
            status: status,
            reason: reason,
            location: location,
            bodyTail: Array(body.utf8)
        )
    }

    private static let whole: [(text: String, status: Int, reason: String, body: String)] = [
        ("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", 200, "OK", "ok"),
        ("HTTP/1.1 200 OK\nContent-Length: 2\n\nok", 200, "OK", "ok"),
        ("HTTP/1.0 503 Out of Order\r\ncontent-length:0\r\n\r\n", 503, "Out of Order", ""),
        ("HTTP/1.1 429\r\nCONTENT-LENGTH:  3 \r\n\r\nabc", 429, "", "abc"),
        ("HTTP/1.1 204 No Content\r\n\r\n", 204, "No Content", ""),
        (
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
                + "3\r\nabc\r\nA;x=y\r\n0123456789\r\n0\r\nTrailer: 1\r\n\r\n",
            200, "OK", "abc0123456789"
        ),
        (
            "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n"
                + "HTTP/1.1 404 Not Found\r\nContent-Length: 4\r\n\r\nnone",
            404, "Not Found", "none"
        ),
        (
            "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: gzip, Chunked\r\n\r\n"
                + "1\r\nx\r\n0\r\n\r\n",
            200, "OK", "x"
        ),
        ("HTTP/1.1 200 OK\r\nX: a\r\n b\r\nContent-Length: 1\r\n\r\n!", 200, "OK", "!"),
    ]

    @Test("An answer is complete, however it was cut into pieces", arguments: whole.indices)
    func pieces(index: Int) {
        let (text, status, reason, body) = Self.whole[index]
        for step in [Int.max] + Array(1...40) {
            #expect(
                read(text, step: step)
                    == Outcome(reply: reply(status, reason, body), isComplete: true),
                "in pieces of \(step)"
            )
        }
    }

    @Test("An answer without a length lasts until the connection ends")
    func untilClose() {
        let outcome = read("HTTP/1.1 200 OK\r\n\r\nas long as you like", step: 7)
        #expect(
            outcome == Outcome(reply: reply(200, "OK", "as long as you like"), isComplete: false)
        )
    }

    @Test("The answer to HEAD has no body, whatever it says")
    func head() {
        let outcome = read("HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n", hasNoBody: true)
        #expect(outcome == Outcome(reply: reply(200, "OK"), isComplete: true))
    }

    @Test("Where a redirect leads is kept")
    func location() {
        let text = "HTTP/1.1 302 Found\r\nlocation: /new \r\nLocation: /other\r\n"
        let outcome = read(text + "Content-Length: 0\r\n\r\n", step: 3)
        #expect(outcome.reply == reply(302, "Found", location: "/new"))
    }

    @Test("Only the end of a body is kept", arguments: [1, 3, 1_000])
    func tail(step: Int) {
        let body = String(repeating: "x", count: 500) + "the end"
        let text = "HTTP/1.1 200 OK\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)"
        #expect(read(text, step: step, tailBytesMax: 7).reply == reply(200, "OK", "the end"))
        #expect(read(text, step: step, tailBytesMax: 0).reply == reply(200, "OK", ""))
    }

    @Test("A body without end is read so far and no further")
    func endless() {
        let body = String(repeating: "x", count: 2 << 20)
        #expect(read("HTTP/1.1 200 OK\r\n\r\n\(body)", step: 4_096).isComplete)
        let chunks = String(repeating: "1\r\nx\r\n", count: 400_000)
        let head = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
        #expect(read(head + chunks, step: 4_096).isComplete)
        #expect(read(head + body, step: 4_096).isComplete, "a chunk size without end")
        #expect(read(head + String(repeating: "\r\n", count: 1 << 20), step: 4_096).isComplete)
    }

    @Test(
        "What is no HTTP answer is refused",
        arguments: [
            "SSH-2.0-OpenSSH_9.2\r\n", "HTTP/2.0 200 OK\r\n\r\n", "HTTP/1.1 2000 OK\r\n\r\n",
            "HTTP/1.1 abc OK\r\n\r\n", "HTTP/1.1 099 OK\r\n\r\n", "\r\n\r\n", "HTTP/1.1\r\n\r\n",
            "HTTP/1.1 200 OK\r\nno colon\r\n\r\n", "HTTP/1.1 200 OK\r\n: no name\r\n\r\n",
            "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
            "HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999\r\n\r\n",
            "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
            "HTTP/1.1 200 OK\r\nX: " + String(repeating: "x", count: 100_000),
        ]
    )
    func malformed(text: String) {
        for step in [Int.max, 1, 5] {
            let outcome = read(text, step: step)
            #expect(outcome.isMalformed && outcome.reply == nil)
        }
    }

    @Test("What does not begin like HTTP is refused with its first bytes")
    func early() {
        #expect(read("SSH-").isMalformed)
        #expect(!read("HTTP").isMalformed)
    }

    @Test("Random bytes after a head never break the reader")
    func noise() {
        var random = ProbeRandom(seed: 11)
        let heads = [
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", "HTTP/1.1 200 OK\r\n\r\n",
            "HTTP/1.1 200 OK\r\nContent-Length: 40\r\n\r\n",
        ]
        for _ in 0..<500 {
            let alphabet = Array("0123456789abcdef\r\n;xyz ")
            let noise = String((0..<60).map { _ in alphabet.randomElement(using: &random)! })
            let step = Int.random(in: 1...20, using: &random)
            let outcome = read(heads.randomElement(using: &random)! + noise, step: step)
            #expect(outcome.reply?.status == 200 && !outcome.isMalformed)
        }
    }
}
