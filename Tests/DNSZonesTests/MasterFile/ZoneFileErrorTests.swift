import DNSWire
import Testing

@testable import DNSZones

@Suite("Faults in zone files")
struct ZoneFileErrorTests {
    struct Case: CustomTestStringConvertible, Sendable {
        var title: String
        /// Starts in line 8.
        var body: String
        var line: Int
        var message: String
        var testDescription: String { title }
    }

    static let cases: [Case] = [
        Case(
            title: "bad address",
            body: "www A 192.0.2",
            line: 8,
            message: "an IPv4 address such as"
        ),
        Case(
            title: "bad IPv6",
            body: "www AAAA 192.0.2.1",
            line: 8,
            message: "an IPv6 address such as"
        ),
        Case(
            title: "later line",
            body: "a A 192.0.2.1\n; x\nb A 1.2.3",
            line: 10,
            message: "'1.2.3'"
        ),
        Case(
            title: "inside parentheses",
            body: "_s SRV ( 0\n 1 ; weight\n 70000\n ns1 )",
            line: 10,
            message: "'70000' in SRV data; expected 0 to 65535"
        ),
        Case(
            title: "negative port",
            body: "_s SRV 0 1 -1 ns1",
            line: 8,
            message: "'-1' in SRV data"
        ),
        Case(
            title: "too few fields",
            body: "_s SRV 0 1 5060",
            line: 8,
            message: "has 3 of 4 fields"
        ),
        Case(
            title: "too many fields",
            body: "www A 192.0.2.1 192.0.2.2",
            line: 8,
            message: "superfluous"
        ),
        Case(title: "no data", body: "www CNAME", line: 8, message: "has 0 of 1 fields"),
        Case(
            title: "unknown type",
            body: "www AA 192.0.2.1",
            line: 8,
            message: "unknown type 'AA'"
        ),
        Case(title: "no type", body: "www 300 IN", line: 8, message: "no type"),
        Case(
            title: "other class",
            body: "www CH A 192.0.2.1",
            line: 8,
            message: "class 'CH'; expected IN"
        ),
        Case(title: "meta type", body: "www ANY \\# 0", line: 8, message: "no type of data"),
        Case(
            title: "TTL with 32 bits",
            body: "www 2147483648 A 192.0.2.1",
            line: 8,
            message: "no TTL"
        ),
        Case(
            title: "TTL with a bad unit",
            body: "www 5x A 192.0.2.1",
            line: 8,
            message: "'5x' is no TTL"
        ),
        Case(
            title: "long label",
            body: String(repeating: "a", count: 64) + " A 192.0.2.1",
            line: 8,
            message: "a label has 64 bytes"
        ),
        Case(
            title: "long label as target",
            body: "x NS " + String(repeating: "a", count: 64),
            line: 8,
            message: "a label has 64 bytes"
        ),
        Case(
            title: "long name",
            body: String(repeating: "abcdefg.", count: 32) + " A 192.0.2.1",
            line: 8,
            message: "at most 255"
        ),
        Case(title: "empty label", body: "a..b A 192.0.2.1", line: 8, message: "empty label"),
        Case(
            title: "quoted owner",
            body: "\"www\" A 192.0.2.1",
            line: 8,
            message: "stands in quotes"
        ),
        Case(title: "bad escape", body: "a\\999b A 192.0.2.1", line: 8, message: "bad escape"),
        Case(title: "open quote", body: "t TXT \"abc\nu TXT x", line: 8, message: "quoted string"),
        Case(
            title: "open parenthesis",
            body: "a A 192.0.2.1\nt TXT (\n\"abc\"\n",
            line: 9,
            message: "never closed"
        ),
        Case(
            title: "closing parenthesis",
            body: "t TXT abc )",
            line: 8,
            message: "')' without '('"
        ),
        Case(title: "NUL byte", body: "t TXT a\u{0}b", line: 8, message: "NUL"),
        Case(title: "backslash at the end", body: "t TXT a\\\n", line: 8, message: "backslash"),
        Case(
            title: "long string",
            body: "t TXT \"" + String(repeating: "x", count: 256) + "\"",
            line: 8,
            message: "at most 255 bytes"
        ),
        Case(
            title: "generic data too short",
            body: "t TYPE65280 \\# 4 0102",
            line: 8,
            message: "need 8 digits; found 4"
        ),
        Case(
            title: "generic data not hex",
            body: "t TYPE65280 \\# 2 01zz",
            line: 8,
            message: "hexadecimal"
        ),
        Case(
            title: "generic data of a known type",
            body: "t A \\# 3 c00002",
            line: 8,
            message: "no data of type A"
        ),
        Case(title: "unknown form", body: "t TYPE65280 abc", line: 8, message: "RFC 3597"),
        Case(
            title: "unknown directive",
            body: "$GENERATE 1-2 a$ A 192.0.2.$",
            line: 8,
            message: "'$GENERATE'"
        ),
        Case(title: "bad $TTL", body: "\n\n$TTL soon", line: 10, message: "'soon' is no TTL"),
        Case(title: "bad $ORIGIN", body: "$ORIGIN a..b.", line: 8, message: "empty label"),
        Case(title: "missing include", body: "$INCLUDE none.inc", line: 8, message: "No such file"),
        Case(
            title: "out of zone",
            body: "www.example.com. A 192.0.2.1",
            line: 8,
            message: "outside of the zone"
        ),
        Case(
            title: "second SOA",
            body: "@ SOA ns1 a 1 2 3 4 5",
            line: 8,
            message: "only the one in line 3"
        ),
        Case(
            title: "SOA below the apex",
            body: "sub SOA ns1 a 1 2 3 4 5",
            line: 8,
            message: "second SOA"
        ),
        Case(
            title: "CNAME and data",
            body: "a A 192.0.2.1\na CNAME b",
            line: 9,
            message: "CNAME beside other"
        ),
        Case(
            title: "data and CNAME",
            body: "a CNAME b\nA TXT x",
            line: 9,
            message: "CNAME beside other"
        ),
        Case(title: "CNAME at the apex", body: "@ CNAME b", line: 8, message: "CNAME beside other"),
        Case(title: "two CNAMEs", body: "a CNAME b\na CNAME c", line: 9, message: "second CNAME"),
        Case(title: "two DNAMEs", body: "a DNAME b\na DNAME c", line: 9, message: "second DNAME"),
        Case(
            title: "DNAME at a cut",
            body: "a DNAME b\na NS c",
            line: 9,
            message: "DNAME beside NS"
        ),
        Case(
            title: "serial with 33 bits",
            body: "s SOA a b 4294967296 1 1 1 1",
            line: 8,
            message: "'4294967296'"
        ),
    ]

    @Test("each fault names file, line and what was expected", arguments: cases)
    func fault(_ fault: Case) throws {
        let error = try #require(throws: ZoneFileError.self) {
            try ZoneText.file(fault.body)
        }
        #expect(error.file == "zones/example.org.zone")
        #expect(error.line == fault.line, "\(error)")
        #expect(error.message.contains(fault.message), "\(error)")
        #expect(error.description.hasPrefix("zones/example.org.zone:\(fault.line): "))
        #expect(!error.description.contains("\n"))
    }

    @Test("an error in line 7 is reported in line 7")
    func lineSeven() throws {
        let text = """
            $TTL 60
            @ SOA ns hostmaster 1 2 3 4 5
            @ NS ns
            ns A 192.0.2.1

            ; the next line has a typing error
            www A 192.0.2.300
            mail A 192.0.2.3
            """
        let error = try #require(throws: ZoneFileError.self) {
            try ZoneFile.parse(text, path: "zones/example.org.zone")
        }
        #expect(
            error.description
                == "zones/example.org.zone:7: '192.0.2.300' in A data; "
                + "expected an IPv4 address such as 192.0.2.1"
        )
    }

    @Test("a zone without SOA, NS, owner or TTL is refused")
    func incomplete() throws {
        func message(_ text: String) -> String {
            do throws(ZoneFileError) {
                _ = try ZoneFile.parse(text, path: "example.org.zone")
                return "accepted"
            } catch {
                return error.description
            }
        }
        #expect(message("").hasPrefix("example.org.zone:1: no SOA record"))
        #expect(message("www 5 A 192.0.2.1").hasPrefix("example.org.zone:1: no SOA record"))
        #expect(
            message("\n@ 5 SOA a b 1 2 3 4 5").hasPrefix(
                "example.org.zone:2: the zone example.org."
            )
        )
        #expect(message("  5 A 192.0.2.1").hasPrefix("example.org.zone:1: no owner name"))
        #expect(message("@ A 192.0.2.1").hasPrefix("example.org.zone:1: no TTL"))
    }

    @Test("a file that cannot be read says why")
    func unreadable() throws {
        for (path, reason) in [("/nowhere/x.zone", "No such file"), ("/tmp", "not a regular file")]
        {
            let error = try #require(throws: ZoneFileError.self) { try ZoneFile.load(path: path) }
            #expect(error.line == nil)
            #expect(error.description.hasPrefix("\(path): "))
            #expect(error.message.contains(reason))
        }
    }

    @Test("a file name that is no domain name is refused")
    func badFileName() throws {
        let error = try #require(throws: ZoneFileError.self) {
            try ZoneFile.parse("", path: "zones/a..b.zone")
        }
        #expect(error.message.contains("the file name is no domain name"))
    }
}
