import Testing

@testable import ServiceCatalog

@Suite("Regular expressions in linear time")
struct LinearPatternTests {
    @Test(
        "captures are those of the leftmost match, earlier alternatives first",
        arguments: [
            ("a", "bab", ["a"]),
            ("a*", "baa", [""]),
            ("a+?", "aaa", ["a"]),
            ("(a+)(b*)", "xaabby", ["aabb", "aa", "bb"]),
            ("(a|ab)(c|bcd)?", "abcd", ["abcd", "a", "bcd"]),
            (
                "^geo-db-(.*?)-([^\\-]+?)$", "geo-db-a-b-primary",
                ["geo-db-a-b-primary", "a-b", "primary"]
            ),
            ("(?:x)?(y)(z)?", "y", ["y", "y", ""]),
            ("(?P<dc>[a-z]+)(?<n>\\d{1,2})", "dc12", ["dc12", "dc", "12"]),
            ("(?i)WEB-([^a])", "web-B", ["web-B", "B"]),
            ("a(?i:B)c", "aBc", ["aBc"]),
            ("\\bfoo\\b", "a foo b", ["foo"]),
            ("\\Boo", "foo", ["oo"]),
            ("[[:alpha:]_-]+", "12ab_-c", ["ab_-c"]),
            ("[^[:digit:]\\s]+", "1 ab", ["ab"]),
            ("[\\D]+", "12ab", ["ab"]),
            ("[]a]+", "]a]", ["]a]"]),
            ("[a-]+", "a-a", ["a-a"]),
            ("x{2,3}", "xxxx", ["xxx"]),
            ("x{2,3}?", "xxxx", ["xx"]),
            ("x{,3}", "x{,3}", ["x{,3}"]),
            ("(?m)^b$", "a\nb\nc", ["b"]),
            ("(?s)a.b", "a\nb", ["a\nb"]),
            ("(?U)a+", "aaa", ["a"]),
            ("\\Qa.b\\E+", "xa.bb+", ["a.bb"]),
            ("\\x41\\x{1F600}\\101", "A\u{1F600}A", ["A\u{1F600}A"]),
            ("\\pL\\p{Nd}\\PL", "éx5!", ["x5!"]),
            ("(|a)*", "aa", ["", ""]),
            ("(a*)*", "aab", ["aa", "aa"]),
            ("", "abc", [""]),
            ("É", "é", []),
            ("(?i)É", "é", ["é"]),
        ] as [(String, String, [String])]
    )
    func captures(pattern: String, text: String, expected: [String]) throws {
        let pattern = try LinearPattern(pattern)
        #expect(pattern.captures(in: text) == (expected.isEmpty ? nil : expected))
        #expect(pattern.matches(text) == !expected.isEmpty)
        var steps = 100_000
        #expect(pattern.matches(text, steps: &steps) == !expected.isEmpty)
        #expect(steps < 100_000)
        #expect(steps >= 0)
    }

    @Test("a search ends soon after its steps are used up")
    func budget() throws {
        let pattern = try LinearPattern("(?i)(?:[a-fx-z]|a){900}$|b")
        let text = String(repeating: "a", count: 100_000)
        var steps = 1_000_000
        let start = ContinuousClock.now
        _ = pattern.matches(text, steps: &steps)
        #expect(steps < 0)
        #expect(steps > -100_000)
        #expect(ContinuousClock.now - start < .seconds(20))
    }

    @Test("without a match there are no captures")
    func noMatch() throws {
        for (pattern, text) in [("^b", "ab"), ("a$", "ab"), ("a.b", "a\nb"), ("[^a]", "a")] {
            #expect(try LinearPattern(pattern).captures(in: text) == nil)
            #expect(try !LinearPattern(pattern).matches(text))
            var steps = Int.max
            #expect(try !LinearPattern(pattern).matches(text, steps: &steps))
        }
    }

    @Test(
        "what is no expression is refused with the part that is wrong",
        arguments: [
            ("(", "missing closing ): `(`"), (")", "unexpected ): `)`"),
            ("[a", "missing closing ]: `[a`"), ("[z-a]", "invalid character class range: `z-a`"),
            ("*", "missing argument to repetition operator: `*`"),
            ("a**", "invalid nested repetition operator: `**`"),
            ("a{1001}", "invalid repeat count: `{1001}`"),
            ("a{3,2}", "invalid repeat count: `{3,2}`"),
            ("\\", "trailing backslash at end of expression: ``"),
            ("\\y", "invalid escape sequence: `\\y`"), ("(a)\\1", "invalid escape sequence: `\\1`"),
            ("(?=a)", "invalid or unsupported Perl syntax: `(?=`"),
            ("(?<=a)", "invalid or unsupported Perl syntax: `(?<`"),
            ("(?P<>a)", "invalid named capture: `(?P<`"),
            ("[[:nope:]]", "invalid character class range: `[:nope:]`"),
            ("\\p{Klingon}", "invalid character class range: `\\p{Klingon}`"),
            ("((a{100}){100}){100}", "expression too large: `((a{100}){100}){100}`"),
            (
                "(?:(?:(?:(?:){1000}){1000}){1000}){1000}",
                "expression too large: `(?:(?:(?:(?:){1000}){1000}){1000}){1000}`"
            ),
        ]
    )
    func refused(pattern: String, reason: String) {
        #expect(throws: PatternError.self) { try LinearPattern(pattern) }
        do {
            _ = try LinearPattern(pattern)
        } catch {
            #expect(error.description == "error parsing regexp: \(reason)")
        }
    }

    @Test("deep and long expressions are refused instead of overflowing the stack")
    func tooDeep() {
        let deep = String(repeating: "(", count: 2_000) + String(repeating: ")", count: 2_000)
        #expect(throws: PatternError.self) { try LinearPattern(deep) }
        #expect(throws: PatternError.self) {
            try LinearPattern(String(repeating: "a", count: 9_999))
        }
    }

    @Test("expressions that make backtracking engines run for hours end at once")
    func hostile() throws {
        let text = String(repeating: "a", count: 1_000)
        for pattern in ["(a*)*b", "(a|a)*b", "(a+)+$x", "(a?){300}a{300}b"] {
            let start = ContinuousClock.now
            #expect(try !LinearPattern(pattern).matches(text))
            #expect(ContinuousClock.now - start < .seconds(20), "\(pattern)")
        }
    }
}
