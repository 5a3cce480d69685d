import DNSWire
import Testing

@testable import DNSZones

@Suite("Records of libldns")
struct LDNSRecordTests {
    @Test("presentation to wire and back")
    func roundTrip() throws {
        let record = try LDNSRecord(
            presentation: "a. 5 IN MX 10 mail",
            origin: LDNSName(name("example.org."))
        )
        let rdata = try record.rdata()
        #expect(rdata == [0, 10] + name("mail.example.org.").wire)
        #expect(record.presentation == "a.\t5\tIN\tMX\t10 mail.example.org.")
    }

    @Test("a refusal carries the status and the words of libldns")
    func refusal() throws {
        do throws(LDNSError) {
            _ = try LDNSRecord(presentation: "a. 5 IN A 1.2.3", origin: LDNSName(.root))
            Issue.record("accepted")
        } catch {
            #expect(error.status != 0)
            #expect(error.description.contains("rdata"))
            var located = error
            located.file = "x.zone"
            located.line = 7
            #expect(located.description == "x.zone:7: \(error.message)")
            #expect(located == error)
        }
    }

    @Test("wire data must fill its length")
    func wire() throws {
        let head: [UInt8] = [0, 0, 1, 0, 1, 0, 0, 0, 0, 0]
        let record = try LDNSRecord(wire: head + [4, 192, 0, 2, 1])
        #expect(record.presentation.hasSuffix("192.0.2.1"))
        for bad: [UInt8] in [[3, 192, 0, 2], [4, 192, 0, 2], [4, 192, 0, 2, 1, 0], []] {
            let isRefused: Bool
            do throws(LDNSError) {
                _ = try LDNSRecord(wire: head + bad)
                isRefused = false
            } catch {
                isRefused = true
            }
            #expect(isRefused, "\(bad)")
        }
    }
}
