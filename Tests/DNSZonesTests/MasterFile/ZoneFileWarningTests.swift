import DNSWire
import Testing

@testable import DNSZones

@Suite("Warnings about zone files")
struct ZoneFileWarningTests {
    private func warnings(_ body: String) throws -> [String] {
        try ZoneText.file(body).warnings.map(\.description)
    }

    @Test("different TTLs in one RRset: the smallest is used")
    func mixedTTLs() throws {
        let file = try ZoneText.file("a 60 A 192.0.2.1\na 30 A 192.0.2.2\na 90 A 192.0.2.3")
        #expect(file.records.dropFirst(3).map(\.ttlSeconds) == [30, 30, 30])
        #expect(file.warnings.map(\.line) == [9])
        #expect(file.warnings[0].message.contains("different TTLs"))
    }

    @Test("duplicates are left out, also when only the case differs")
    func duplicates() throws {
        let file = try ZoneText.file("a A 192.0.2.1\nA A 192.0.2.1\nb NS ns1\nb NS NS1")
        #expect(file.records.count == 5)
        #expect(file.warnings.map(\.line) == [9, 11])
    }

    @Test("names below a DNAME or a delegation are occluded; glue is not worth a warning")
    func occluded() throws {
        let found = try warnings(
            "d DNAME ns1\nx.d A 192.0.2.1\ns NS ns.s\nns.s A 192.0.2.2\nt.s TXT x"
        )
        #expect(found.count == 2)
        #expect(
            found[0].hasPrefix("zones/example.org.zone:9: x.d.example.org. A is never answered")
        )
        #expect(found[1].contains(":12: t.s.example.org. TXT is never answered"))
    }

    @Test("a name server below its own delegation needs an address")
    func missingGlue() throws {
        let found = try warnings("s NS ns.s\nt NS ns.s\nu NS ns.example.com.")
        #expect(found.count == 1)
        #expect(found[0].contains("ns.s.example.org. lies below its own delegation"))
    }

    @Test("NS and DNAME at a wildcard, and a signed zone")
    func doubtful() throws {
        #expect(try warnings("*.a NS ns1\n*.b DNAME ns1").count == 2)
        #expect(try warnings("a NSEC b A\nb NSEC a A").count == 1)
    }

    @Test("an RRset that no message can hold")
    func hugeRRset() throws {
        let body = (0..<4100).map { "a A 10.0.\($0 / 250).\($0 % 250)\n" }.joined()
        let found = try warnings(body)
        #expect(found.count == 1)
        #expect(found.first?.contains("too many for one message") == true)
    }
}
