import DNSWire
import Foundation
import TestSupport
import Testing

/// Errors to queries with an OPT: the code and whether there is an OPT in the reply.
///
/// RFC 6891 §7 asks for one where the OPT itself is broken; the referees, which give up on the whole
/// message then, send none.
@Suite("RFC 6891: errors have the OPT too, beside NSD, Knot and BIND", .serialized)
struct ErrorTests {
    /// One message and what comes back.
    private struct Expected {
        var what: String
        var bytes: [UInt8]
        var code: ResponseCode
        /// Those that send the same code, and whether they send an OPT.
        var referees: [Referee: Bool] = [:]
    }

    private static let apex = "errors.example"

    /// A message with an OPT record behind `questions` questions for the SOA.
    private static func message(
        opcode: UInt8 = 0,
        questions: Int = 1,
        type: RecordType = .soa,
        version: UInt8 = 0,
        options: [UInt8] = [],
        optBytes: Int? = nil,
        opts: Int = 1,
        rest: [UInt8] = []
    ) throws -> [UInt8] {
        let plain = Message.query(id: 7, name: try DomainName(apex), type: type).encoded()
        var bytes = Array(plain[..<12])
        bytes[2] = opcode << 3
        bytes[5] = UInt8(questions)
        bytes[11] = UInt8(opts)
        for _ in 0..<questions { bytes += plain[12...] }
        for _ in 0..<opts {
            bytes += [0, 0, 41, 4, 208, 0, version, 0, 0, 0, UInt8(optBytes ?? options.count)]
            bytes += options
        }
        return bytes + rest
    }

    private static func otherOpcodes() throws -> [Expected] {
        var all: [Expected] = []
        for opcode in [1, 2, 3, 6, 15] as [UInt8] {
            for questions in 0...1 {
                all.append(
                    Expected(
                        what: "opcode \(opcode), \(questions) questions",
                        bytes: try message(opcode: opcode, questions: questions),
                        code: .notImplemented,
                        referees: [.knot: true, .bind: true]
                    )
                )
            }
            all.append(
                Expected(
                    what: "opcode \(opcode), version 1",
                    bytes: try message(opcode: opcode, version: 1),
                    code: .badVersion,
                    referees: [.knot: true, .bind: true]
                )
            )
        }
        // Of these two the others implement at least one each.
        for opcode in [4, 5] as [UInt8] {
            let bytes = try message(opcode: opcode)
            all.append(Expected(what: "opcode \(opcode)", bytes: bytes, code: .notImplemented))
        }
        return all
    }

    private static func versions() throws -> [Expected] {
        let brokenSubnet: [UInt8] = [0, 8, 0, 1, 0]
        return [
            Expected(
                what: "version 1",
                bytes: try message(version: 1),
                code: .badVersion,
                referees: [.nsd: true, .knot: true, .bind: true]
            ),
            Expected(
                what: "version 1, no question",
                bytes: try message(questions: 0, version: 1),
                code: .badVersion,
                referees: [.knot: true, .bind: true]
            ),
            Expected(
                what: "version 1, options that end early",
                bytes: try message(version: 1, options: [0, 3, 0, 5, 1]),
                code: .badVersion,
                referees: [.nsd: true]
            ),
            Expected(
                what: "version 1, half an option",
                bytes: try message(version: 1, options: [0, 3, 0]),
                code: .badVersion,
                referees: [.nsd: true]
            ),
            Expected(
                what: "version 1, what would be a broken subnet",
                bytes: try message(version: 1, options: brokenSubnet),
                code: .badVersion,
                referees: [.nsd: true, .knot: true]
            ),
        ]
    }

    private static func broken() throws -> [Expected] {
        let none: [Referee: Bool] = [.nsd: false, .knot: false, .bind: false]
        return try [
            ("half an option", message(options: [0, 3, 0]), none),
            ("an option that ends late", message(options: [0, 3, 0, 5, 1]), none),
            ("an OPT that ends late", message(optBytes: 5), none),
            ("two OPTs", message(opts: 2), none),
            ("more than the OPT", message(rest: [0]), [.knot: false]),
            ("a broken subnet", message(options: [0, 8, 0, 1, 0]), [.bind: true]),
            ("a cookie of one byte", message(options: [0, 10, 0, 1, 1]), [.bind: true]),
            ("no question", message(questions: 0), [.knot: true, .bind: true]),
            ("two questions", message(questions: 2), [.nsd: false, .bind: false]),
            ("a question for OPT", message(type: .opt), [.bind: true]),
        ].map { Expected(what: $0, bytes: $1, code: .formatError, referees: $2) }
    }

    @Test("what has an OPT is answered with one, and in the others' words")
    func errors() async throws {
        let scratch = try ScratchFolder()
        let zone = "$TTL 5\n@ IN SOA ns hostmaster 1 2 3 4 5\n@ IN NS ns\nns IN A 192.0.2.1\n"
        let file = URL(filePath: try scratch.write(zone, to: "zones/\(Self.apex).zone"))
        let server = try await RollcallProcess.start(["--ephemeral"], scratch: scratch)
        let all = try Self.otherOpcodes() + Self.versions() + Self.broken()
        for expected in all {
            let datagram = try #require(try server.dns.exchangeUDP(expected.bytes))
            for bytes in [datagram, try server.dns.exchangeTCP(expected.bytes)] {
                let reply = try Message(decoding: bytes)
                #expect(reply.responseCode == expected.code, "\(expected.what)")
                #expect(reply.edns?.version == 0, "\(expected.what)")
            }
        }
        for referee in Referee.allCases {
            let other = try await RefereeProcess.start(referee, zones: [file])
            for expected in all {
                guard let hasOPT = expected.referees[referee] else { continue }
                let bytes = try #require(try other.dns.exchangeUDP(expected.bytes))
                let reply = try Message(decoding: bytes)
                #expect(reply.responseCode == expected.code, "\(referee): \(expected.what)")
                #expect((reply.edns != nil) == hasOPT, "\(referee): \(expected.what)")
            }
        }
    }
}
