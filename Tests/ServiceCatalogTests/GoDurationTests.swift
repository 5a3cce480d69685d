import Testing

@testable import ServiceCatalog

@Suite("Times as Go spells them")
struct GoDurationTests {
    @Test(
        "are read",
        arguments: [
            ("10s", 10_000), ("1m30s", 90_000), ("500ms", 500), ("1h", 3_600_000), ("0", 0),
            ("1.5s", 1_500), (".5s", 500), ("15.0s", 15_000), ("-1s", -1_000), ("+2s", 2_000),
            ("1h0m0s", 3_600_000), ("1000us", 1), ("1000µs", 1), ("2000000ns", 2),
        ]
    )
    func reads(text: String, milliseconds: Int) {
        #expect(GoDuration.milliseconds(text) == milliseconds)
    }

    @Test(
        "that are none are refused",
        arguments: [
            "", "60", "s", "1x", "1s ", " 1s", "1s2", "1..5s", ".s", "-", "1e3s", "9999999h",
        ]
    )
    func refuses(text: String) {
        #expect(GoDuration.milliseconds(text) == nil)
    }

    @Test(
        "are written",
        arguments: [
            (90_000, "1m30s"), (0, "0s"), (500, "500ms"), (10_000, "10s"), (3_600_000, "1h0m0s"),
            (1_500, "1.5s"), (1_050, "1.05s"), (60_000, "1m0s"), (-1_000, "-1s"),
        ]
    )
    func writes(milliseconds: Int, text: String) {
        #expect(GoDuration.format(milliseconds: milliseconds) == text)
    }
}
