import DNSResponder
import DNSWire
import Foundation
import TestSupport
import Testing

@testable import DNSZones

@Suite("Zone files")
struct ZoneFileTests {
    private func lines(_ body: String) throws -> [String] {
        try ZoneText.file(body).records.dropFirst(3).map(\.line)
    }

    @Test("the file name gives the first origin")
    func originOfFileName() throws {
        let text = "@ 5 SOA ns h 1 2 3 4 5\n@ 5 NS ns\nns 5 A 192.0.2.1"
        let file = try ZoneFile.parse(text, path: "/etc/zones/Example.NET.zone")
        #expect(file.apex == name("example.net."))
        #expect(file.records[2].owner == name("ns.example.net."))
        #expect(file.soa.primary == name("ns.example.net."))
        #expect(file.soa.minimumSeconds == 5)
        #expect(file.warnings.isEmpty)
    }

    @Test("$ORIGIN may be relative, and the owner is kept over blank lines")
    func originAndOwner() throws {
        let body =
            "$ORIGIN sub\na A 192.0.2.1\n\n ; comment\n\tTXT x\n"
            + "@ TXT y\n$ORIGIN .\nb.example.org A 192.0.2.2"
        #expect(
            try lines(body) == [
                "a.sub.example.org. A 192.0.2.1", "a.sub.example.org. TXT \"x\"",
                "sub.example.org. TXT \"y\"", "b.example.org. A 192.0.2.2",
            ]
        )
    }

    @Test("TTL and class come in any order, and TTLs have units")
    func timeToLive() throws {
        let file = try ZoneText.file(
            "a 1h30m IN A 192.0.2.1\nb IN 5 A 192.0.2.1\nc A 192.0.2.1\n"
                + "$TTL 1w\nd in a 192.0.2.1\ne 0 A 192.0.2.1"
        )
        #expect(file.records.dropFirst(3).map(\.ttlSeconds) == [5400, 5, 300, 604_800, 0])
    }

    @Test("without $TTL the last TTL counts, and a SOA without one takes its MINIMUM")
    func timeToLiveWithoutDefault() throws {
        let text = "@ SOA ns h 1 2 3 4 77\n@ NS ns\nns 5 A 192.0.2.1\n   TXT x"
        let file = try ZoneFile.parse(text, path: "example.org.zone")
        #expect(file.records.map(\.ttlSeconds) == [77, 77, 5, 5])
    }

    @Test("strings keep blanks, quotes, parentheses, semicolons and bytes")
    func strings() throws {
        let body =
            #"t TXT "a (b) ; c" d\;e "f\"g" "\\ h" "" i\\ "\255" "é""#
            + "\nu TXT ( \"x\" ; no\n y )"
        let records = try ZoneText.file(body).records.dropFirst(3)
        let strings = records.map { record -> [[UInt8]] in
            var rest = record.rdata[...]
            var strings: [[UInt8]] = []
            while let count = rest.popFirst() {
                strings.append(Array(rest.prefix(Int(count))))
                rest = rest.dropFirst(Int(count))
            }
            return strings
        }
        let expected: [[UInt8]] = [
            Array("a (b) ; c".utf8), Array("d;e".utf8), Array("f\"g".utf8), Array("\\ h".utf8), [],
            Array("i\\".utf8), [255], Array("é".utf8),
        ]
        #expect(strings == [expected, [[0x78], [0x79]]])
    }

    @Test("names keep escaped dots, escaped bytes and their case")
    func names() throws {
        let file = try ZoneText.file("a\\.b.C\\032d A 192.0.2.1\n*.\\* CNAME Www\\064.x")
        let owners = file.records.dropFirst(3).map(\.owner)
        #expect(owners[0].labels.first.map(Array.init) == Array("a.b".utf8))
        #expect(owners[0].description == "a\\.b.C\\032d.example.org.")
        #expect(owners[1].isWildcard)
        #expect(file.records[4].rdata == name("Www\\@.x.example.org.").wire)
    }

    @Test("a name of 255 bytes is read, as owner and as target")
    func longestName() throws {
        // Three labels of 63 and one of 48 bytes before `example.org.` (13 bytes): 255 in all.
        let label = String(repeating: "l", count: 63)
        let prefix = [label, label, label, String(repeating: "m", count: 49)].joined(separator: ".")
        let file = try ZoneText.file("\(prefix) A 192.0.2.1\nx CNAME \(prefix)")
        #expect(file.records[3].owner.wire.count == 255)
        #expect(file.records[4].rdata.count == 255)
        #expect(throws: ZoneFileError.self) { try ZoneText.file("\(prefix)m A 192.0.2.1") }
        #expect(throws: ZoneFileError.self) { try ZoneText.file("x CNAME \(prefix)m") }
    }

    @Test("types in generic form are read, known and unknown ones (RFC 3597)")
    func genericForm() throws {
        let body =
            "a TYPE65280 \\# 4 01 02 0304\nb A \\# 4 C0000201\nc TYPE1 192.0.2.2\nd TYPE65280 \\# 0"
        let records = try ZoneText.file(body).records.dropFirst(3)
        #expect(records.map(\.type.rawValue) == [65280, 1, 1, 65280])
        #expect(records.map(\.rdata) == [[1, 2, 3, 4], [192, 0, 2, 1], [192, 0, 2, 2], []])
    }

    @Test("libldns reads the less common types")
    func otherTypes() throws {
        let body = """
            a CAA 0 issue "ca.example.net"
            a HTTPS 1 . alpn="h2,h3" port=8443
            a SSHFP 4 2 abcd
            a NAPTR 100 10 "u" "E2U+sip" "!^.*$!sip:info@example.com!" .
            a HIP 2 200100107B1A74DF365639CC39F1D578 AwEAAbdxyhNuSutc5EMzxTs9LBPCIkOFH8cIvM4p ns1
            a LOC 52 22 23.000 N 4 53 32.000 E -2.00m 0.00m 10000m 10m
            a DS 12345 13 2 01020304 05060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f20
            """
        let records = try ZoneText.file(body).records.dropFirst(3)
        #expect(records.map(\.type.rawValue) == [257, 65, 44, 35, 55, 29, 43])
        #expect(records.last?.rdata.count == 36)
    }

    @Test("rdata holds whole names, never compressed")
    func uncompressed() throws {
        let file = try ZoneText.file("@ MX 10 mail.example.org.")
        #expect(file.records[3].rdata == [0, 10] + name("mail.example.org.").wire)
    }

    @Test("carriage returns, a byte order mark and a missing last newline do not matter")
    func foreignText() throws {
        let text = "\u{FEFF}@ 5 SOA ns h 1 2 3 4 5 ; x\r\n@ 5 NS ns\r\nns 5 A 192.0.2.1"
        let file = try ZoneFile.parse(text, path: "example.org.zone")
        #expect(file.records.count == 3)
    }

    @Test("$INCLUDE reads the file beside this one; origin and owner are restored")
    func include() throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        try Data("$ORIGIN deep\nx A 192.0.2.7\n".utf8).write(to: folder.appending(path: "part"))
        let body = "a TXT one\n$INCLUDE part sub.example.org.\n  TXT two\nb TXT three"
        let path = folder.appending(path: "example.org.zone").path()
        try Data((ZoneText.head + body).utf8).write(to: URL(filePath: path))
        #expect(
            try ZoneFile.load(path: path).records.dropFirst(3).map(\.line) == [
                "a.example.org. TXT \"one\"", "x.deep.sub.example.org. A 192.0.2.7",
                "a.example.org. TXT \"two\"", "b.example.org. TXT \"three\"",
            ]
        )

        try Data("\nx A 192.0.2\n".utf8).write(to: folder.appending(path: "part"))
        let fault = try #require(throws: ZoneFileError.self) { try ZoneFile.load(path: path) }
        #expect(fault.file == folder.appending(path: "part").path())
        #expect(fault.line == 2)

        try Data("$INCLUDE part\n".utf8).write(to: folder.appending(path: "part"))
        let loop = try #require(throws: ZoneFileError.self) { try ZoneFile.load(path: path) }
        #expect(loop.message.contains("does a file include itself"))
    }

    @Test(
        "the zones that come with Rollcall load without a warning",
        arguments: ["example.org", "2.0.192.in-addr.arpa"]
    )
    func shippedZones(_ apex: String) throws {
        let path = Fixtures.repository.appending(path: "zones/\(apex).zone").path()
        let file = try ZoneFile.load(path: path)
        #expect(file.apex == name(apex))
        #expect(file.warnings.isEmpty)
    }
}
