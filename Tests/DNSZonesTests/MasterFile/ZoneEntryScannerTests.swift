import Testing

@testable import DNSZones

@Suite("Entries of master files")
struct ZoneEntryScannerTests {
    private func scan(_ text: String) throws -> [ZoneEntry] {
        var scanner = ZoneEntryScanner(bytes: Array(text.utf8), file: "x")
        var entries: [ZoneEntry] = []
        while let entry = try scanner.next() { entries.append(entry) }
        return entries
    }

    @Test("entries know their first line, fields their own")
    func lines() throws {
        let entries = try scan("\n; c\na b ( c ; d )\n  e\n) f\n\n g")
        #expect(entries.map(\.line) == [3, 7])
        #expect(entries[0].tokens.map(\.text) == ["a", "b", "c", "e", "f"])
        #expect(entries[0].tokens.map(\.line) == [3, 3, 3, 4, 5])
        #expect(entries.map(\.startsBlank) == [false, true])
    }

    @Test("quotes and escapes hide what would end a field")
    func quoting() throws {
        let tokens = try scan(#"a\ b\;c "d ; ( \" e" f"g" k="v w" \200"#)[0].tokens
        #expect(
            tokens.map(\.text) == [#"a\032b\;c"#, #"d ; ( \" e"#, "f", "g", #"k="v w""#, #"\200"#]
        )
        #expect(tokens.map(\.isQuoted) == [false, true, false, true, false, false])
    }

    @Test("bytes that are not printable become decimals")
    func bytes() throws {
        #expect(try scan("é\u{7F} \"\t\"")[0].tokens.map(\.text) == [#"\195\169\127"#, #"\009"#])
    }

    @Test("nothing gives no entry")
    func empty() throws {
        #expect(try scan("").isEmpty)
        #expect(try scan(" \n\t; x\n()\n").isEmpty)
    }
}
