import Testing

@testable import DNSZones

@Suite("Time spans in master files")
struct ZoneTTLTests {
    @Test(
        "seconds and spans with units",
        arguments: [
            ("0", 0), ("300", 300), ("1h30m", 5400), ("1W2d3H4m5S", 788_645), ("1m5", 65),
            ("2147483647", 2_147_483_647),
        ] as [(String, UInt32)]
    )
    func spans(_ text: String, _ seconds: UInt32) {
        #expect(ZoneTTL.seconds(text) == seconds)
    }

    @Test(
        "what is no span, or too long for a TTL",
        arguments: ["", "h", "5x", "-1", "1 h", "2147483648", "99999999999999999999", "9999w"]
    )
    func refused(_ text: String) {
        #expect(ZoneTTL.seconds(text) == nil)
    }
}
