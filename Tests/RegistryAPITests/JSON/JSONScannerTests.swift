import Testing

@testable import RegistryAPI

@Suite("The words of JSON")
struct JSONScannerTests {
    private func scanner(
        _ text: String,
        _ brokenText: JSONScanner.BrokenText = .refused
    ) -> JSONScanner {
        JSONScanner(Array(text.utf8), brokenText: brokenText, levelsMax: 2)
    }

    @Test(
        "Strings are read up to their closing quote, and escapes are undone",
        arguments: [
            (#""""#, ""), (#""plain" rest"#, "plain"), (#""\"""#, "\""),
            (#""a\\\/b\b\f\n\r\tc""#, "a\\/b\u{8}\u{C}\n\r\tc"),
            (#""\u0041\u00e9\u20AC""#, "Aé€"), (#""x\ud83d\ude00y""#, "x😀y"), (#""é😀""#, "é😀"),
        ]
    )
    func strings(text: String, content: String) throws {
        for brokenText in [JSONScanner.BrokenText.refused, .replaced] {
            var scanner = scanner(text, brokenText)
            #expect(try scanner.string() == content)
            #expect(scanner.byte == (text.hasSuffix("rest") ? UInt8(ascii: " ") : nil))
        }
    }

    @Test(
        "Half a surrogate pair is refused or replaced",
        arguments: [
            (#""\ud83d""#, "\u{FFFD}"), (#""\ude00""#, "\u{FFFD}"), (#""\ud83dx""#, "\u{FFFD}x"),
            (#""\ud83d\n""#, "\u{FFFD}\n"), (#""\ud83d\u0041""#, "\u{FFFD}A"),
            (#""\ud83d\ud83d\ude00""#, "\u{FFFD}😀"),
        ]
    )
    func halfPairs(text: String, replaced: String) throws {
        var lenient = scanner(text, .replaced)
        #expect(try lenient.string() == replaced)
        var strict = scanner(text)
        let error = #expect(throws: JSONScanError.self) { try strict.string() }
        #expect(error?.reason == .halfSurrogatePair)
        #expect(error?.start == 1)
    }

    @Test("What is no UTF-8 is refused or replaced, with escapes beside it or without")
    func brokenUTF8() throws {
        for middle in [[0xFF], [0xFF, UInt8(ascii: "\\"), UInt8(ascii: "n")]] as [[UInt8]] {
            let bytes = [UInt8(ascii: "\"")] + middle + [UInt8(ascii: "\"")]
            var lenient = JSONScanner(bytes, brokenText: .replaced, levelsMax: 2)
            #expect(try lenient.string().hasPrefix("\u{FFFD}"))
            var strict = JSONScanner(bytes, brokenText: .refused, levelsMax: 2)
            let error = #expect(throws: JSONScanError.self) { try strict.string() }
            #expect(error?.reason == .stringNotUTF8)
        }
    }

    @Test(
        "A broken string tells what is wrong, where it begins and where it breaks",
        arguments: [
            (#""a"#, JSONScanError.Reason.stringCutShort, 0, 2), (#""a\"#, .stringCutShort, 2, 3),
            (#""a\u00"#, .stringCutShort, 2, 6), (#""a\q""#, .unknownEscape, 2, 3),
            (#""a\u00g0""#, .badHexadecimal, 2, 6), (#""\ud83d\u+123""#, .badHexadecimal, 1, 9),
            ("\"a\u{1F}\"", .controlCharacterInString, 0, 2),
            ("\"\\n\n\"", .controlCharacterInString, 0, 3),
        ]
    )
    func brokenStrings(text: String, reason: JSONScanError.Reason, start: Int, offset: Int) {
        var scanner = scanner(text)
        let error = #expect(throws: JSONScanError.self) { try scanner.string() }
        #expect(error == JSONScanError(reason: reason, start: start, offset: offset))
    }

    @Test(
        "Numbers end where their grammar does",
        arguments: ["0", "-0", "12", "-1.50", "1e5", "1E+05", "0.1e-2", "12345678901234567890"]
    )
    func numbers(text: String) throws {
        for rest in ["", ",", "x", " "] {
            var scanner = scanner(text + rest)
            #expect(try scanner.number() == text)
            #expect(scanner.offset == text.utf8.count)
        }
    }

    @Test(
        "What only begins like a number is refused",
        arguments: [
            ("-", JSONScanError.Reason.missingDigit, 1), ("-x", .missingDigit, 1),
            ("1.", .missingDigit, 2), ("1.e5", .missingDigit, 2), ("1e", .missingDigit, 2),
            ("1e+", .missingDigit, 3), ("01", .leadingZero, 2), ("-00", .leadingZero, 3),
        ]
    )
    func brokenNumbers(text: String, reason: JSONScanError.Reason, offset: Int) {
        var scanner = scanner(text)
        let error = #expect(throws: JSONScanError.self) { try scanner.number() }
        #expect(error == JSONScanError(reason: reason, start: 0, offset: offset))
    }

    @Test("Literals are whole or refused")
    func literals() throws {
        var whole = scanner("true,")
        try whole.literal("true")
        #expect(whole.byte == UInt8(ascii: ","))
        for (text, offset) in [("tru", 3), ("trux", 3), ("nuLl", 2)] {
            let wanted = text.hasPrefix("t") ? "true" : "null"
            var scanner = scanner(text)
            let error = #expect(throws: JSONScanError.self) { try scanner.literal(wanted) }
            #expect(
                error == JSONScanError(reason: .badLiteral(wanted), start: 0, offset: offset)
            )
        }
    }

    @Test("Brackets inside each other have a limit; those beside each other have none")
    func levels() throws {
        var deep = scanner("[[[")
        try deep.open()
        try deep.open()
        let error = #expect(throws: JSONScanError.self) { try deep.open() }
        #expect(error == JSONScanError(reason: .tooDeep(levelsMax: 2), start: 2, offset: 2))
        var wide = scanner("[][][]")
        for _ in 0..<3 {
            try wide.open()
            wide.close()
        }
        #expect(wide.byte == nil)
    }

    @Test("A place is told as line and column")
    func places() {
        let scanner = scanner("a\n\nbc")
        #expect(scanner.place(of: 0) == (1, 1))
        #expect(scanner.place(of: 1) == (1, 2))
        #expect(scanner.place(of: 2) == (2, 1))
        #expect(scanner.place(of: 4) == (3, 2))
        // The end of the text.
        #expect(scanner.place(of: 5) == (3, 3))
    }
}
