import DNSWire
import Foundation
import TestSupport
import Testing

/// RRsets that no message of 64 KiB holds, referrals that do not fit, and some that just do.
@Suite("Answers at and over 64 KiB, as NSD, Knot and BIND give them", .serialized)
struct LargeAnswerTests {
    private static let head = """
        $TTL 100
        @ IN SOA ns hostmaster 1 3600 600 86400 50
        @ IN NS ns
        ns IN A 192.0.2.1

        """

    /// 500 strings that fit, 6,000 addresses and 1,900 name servers with glue that do not.
    private static let large: String = {
        var lines: [String] = []
        for number in 0..<500 {
            lines.append("under IN TXT \"\(String(repeating: "\(1_000 + number)", count: 28))\"")
        }
        for number in 0..<6_000 {
            lines.append("addresses IN A 10.0.\(number / 250).\(number % 250)")
        }
        for number in 0..<1_900 {
            lines.append("cut IN NS ns\(number).cut")
            lines.append("ns\(number).cut IN A 10.1.\(number / 250).\(number % 250)")
        }
        for number in 0..<800 {
            lines.append("mail IN MX 10 m\(number)")
            for address in 0..<4 {
                lines.append("m\(number) IN AAAA 2001:db8::\(address):\(number)")
            }
        }
        return head + lines.joined(separator: "\n") + "\n"
    }()

    /// What BIND refuses to load.
    private static let over: String = {
        let lines = (0..<700).map {
            "over IN TXT \"\(String(repeating: "\(1_000 + $0)", count: 30))\""
        }
        return head + lines.joined(separator: "\n") + "\n"
    }()

    @Test("what does not fit is cut at a whole record, with TC, over UDP and over TCP")
    func cut() async throws {
        let scratch = try ScratchFolder()
        let zones = [("large.example", Self.large), ("over.example", Self.over)]
        let files = try zones.map {
            URL(filePath: try scratch.write($0.1, to: "\($0.0).zone"))
        }
        let run = try await DifferentialRun(
            zones: files,
            refused: [.bind: ["over.example"]]
        )
        let tooLarge: [(String, RecordType)] = [
            ("addresses.large.example", .a), ("over.over.example", .txt),
        ]
        for manner in AskedQuestion.Manner.allCases {
            for (name, type) in tooLarge {
                let replies = try run.replies(to: AskedQuestion(name, type, manner))
                // RFC 2181 §9. NSD and BIND set TC over TCP too; Knot says SERVFAIL there.
                for (referee, reply) in replies where referee != .knot || !manner.isStream {
                    #expect(
                        reply.header.isTruncated,
                        "\(name) \(manner) \(referee?.rawValue ?? "ours")"
                    )
                    #expect(reply.responseCode == .noError)
                }
                let ours = try #require(replies.first { $0.server == nil }).reply
                #expect(ours.encoded().count > (manner.isStream ? 60_000 : 300))
                #expect((ours.edns == nil) == (manner.edns == nil))
            }
            // RFC 9471 §3: a referral whose glue does not fit has TC. NSD and BIND do not set it.
            for name in ["cut.large.example", "x.cut.large.example"] {
                let replies = try run.replies(to: AskedQuestion(name, .a, manner))
                let ours = try #require(replies.first { $0.server == nil }).reply
                #expect(ours.header.isTruncated && !ours.header.isAuthoritative)
                #expect(ours.answer.isEmpty && ours.authority.allSatisfy { $0.type == .ns })
            }
        }
    }

    @Test("what just fits over TCP is whole there, and additional records go without TC")
    func whole() async throws {
        let scratch = try ScratchFolder()
        let file = URL(filePath: try scratch.write(Self.large, to: "large.example.zone"))
        let run = try await DifferentialRun(zones: [file])
        let whole: [(name: String, type: RecordType, count: Int)] = [
            ("under.large.example", .txt, 500), ("mail.large.example", .mx, 800),
        ]
        for manner in AskedQuestion.Manner.allCases {
            for (name, type, count) in whole {
                for (referee, reply) in try run.replies(to: AskedQuestion(name, type, manner)) {
                    let what = "\(name) \(manner) \(referee?.rawValue ?? "ours")"
                    #expect(reply.header.isTruncated == !manner.isStream, "\(what)")
                    #expect(reply.answer.count == count || !manner.isStream, "\(what)")
                    #expect(reply.responseCode == .noError, "\(what)")
                }
            }
        }
    }
}
