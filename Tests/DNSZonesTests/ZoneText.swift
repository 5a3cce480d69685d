import DNSResponder
import DNSWire

@testable import DNSZones

/// Zones written as text in tests.
enum ZoneText {
    /// SOA and NS of `example.org.` in seven lines; records of a test start in line 8.
    static let head = """
        $ORIGIN example.org.
        $TTL 300
        @ IN SOA ns1 hostmaster (
            1 7200 900 1209600
            60 )
          IN NS ns1
        ns1 IN A 192.0.2.1

        """

    static func file(_ body: String, path: String = "zones/example.org.zone") throws -> ZoneFile {
        try ZoneFile.parse(head + body, path: path)
    }

    static func zone(_ body: String) throws -> StaticZone {
        StaticZone(try file(body))
    }
}

/// A name in a test; a mistake in the text stops the test.
func name(_ text: String) -> DomainName {
    do throws(WireError) {
        return try DomainName(text)
    } catch {
        preconditionFailure("'\(text)': \(error)")
    }
}

extension ResourceRecord {
    /// Owner, type and rdata in presentation format, such as `www.example.org. A 192.0.2.1`.
    var line: String {
        var wire = [UInt8(0)]
        for value in [type.rawValue, 1, 0, 0, UInt16(rdata.count)] {
            wire += [UInt8(value >> 8), UInt8(truncatingIfNeeded: value)]
        }
        let fields =
            (try? LDNSRecord(wire: wire + rdata))?.presentation.split(separator: "\t") ?? []
        return "\(owner) \(type) \(fields.dropFirst(4).joined(separator: " "))"
    }
}

extension FallbackReply {
    var answerLines: [String] { answer.map(\.line) }
    var authorityLines: [String] { authority.map(\.line) }
    var additionalLines: [String] { additional.map(\.line) }
}
