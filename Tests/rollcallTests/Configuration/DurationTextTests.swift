import Testing

@testable import rollcall

@Suite("Durations as text")
struct DurationTextTests {
    @Test(
        "numbers with units are read and shown in the shortest form",
        arguments: [
            ("10s", 10_000, "10s"), ("1m30s", 90_000, "1m30s"), ("500ms", 500, "500ms"),
            ("90s", 90_000, "1m30s"), ("1h", 3_600_000, "1h"), ("1d2h", 93_600_000, "1d2h"),
            ("0s", 0, "0s"),
        ]
    )
    func good(text: String, milliseconds: Int64, shown: String) throws {
        let duration = try #require(DurationText.parse(text))
        #expect(duration == .milliseconds(milliseconds))
        #expect(DurationText.text(duration) == shown)
    }

    @Test(
        "anything else is not a duration",
        arguments: [
            "", "5", "s", "soon", "1.5s", "-1s", "1s1m", "1s1s", "1 s", "1S", "١s",
            "99999999999999999999s", "9223372036854775807d",
        ]
    )
    func bad(text: String) {
        #expect(DurationText.parse(text) == nil)
    }
}
