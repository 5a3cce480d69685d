import TestSupport
import Testing

@testable import RegistryAPI

@Suite("The language of filter expressions")
struct FilterParserTests {
    @Test(
        "An expression is read as its normal form says",
        arguments: [
            ("Service==web", #"Service == "web""#),
            ("  Service.Tags  contains\tv2 ", #"Service.Tags contains "v2""#),
            (#""v1" in Service.Tags"#, #"Service.Tags contains "v1""#),
            ("v1 not in Service.Tags", #"Service.Tags not contains "v1""#),
            ("8080 in Ports", #"Ports contains "8080""#),
            (#"Meta["a-b"].c == `x\y`"#, #"Meta["a-b"].c == "x\\y""#),
            ("Meta[`k`] != -1.5", #"Meta.k != "-1.5""#),
            (#"A.0.b is not empty"#, #"A["0"].b is not empty"#),
            (#""/Node/Meta/a~1b~0" is empty"#, #"Node.Meta["a/b~"] is empty"#),
            (#""/1/x" == y"#, #""/1/x" == "y""#),
            (#"x == "a\tb\x41\u00e9\101""#, #"x == "a\tbAéA""#),
            ("x == a.b", #"x == "a.b""#),
            (
                "x matches `^a` and not y not matches b",
                #"x matches "^a" and not y not matches "b""#
            ),
            ("not not x == 1", #"x == "1""#),
            ("not (not x == 1)", #"x == "1""#),
            ("not == 1", #"not == "1""#),
            ("a==1 or b==2 and c==3", #"a == "1" or b == "2" and c == "3""#),
            ("(a==1 or b==2) and c==3", #"(a == "1" or b == "2") and c == "3""#),
            ("(a==1 and b==2) and c==3", #"(a == "1" and b == "2") and c == "3""#),
            ("a==1 and b==2 and c==3", #"a == "1" and b == "2" and c == "3""#),
            ("not (a==1 or b==2)", #"not (a == "1" or b == "2")"#),
            ("( ( a==1 ) )", #"a == "1""#),
            ("a==\"\"", #"a == """#),
            ("`a\nb` in x", #"x contains "a\nb""#),
        ]
    )
    func normalForm(text: String, form: String) throws {
        let expression = try FilterParser.parse(text)
        #expect(expression.description == form)
        #expect(try FilterParser.parse(form) == expression)
    }

    @Test(
        "An error tells line, column, offset and what was expected there",
        arguments: [
            (
                "Service.Port==",
                #"1:15 (14): no match found, expected: "-", "0", "\"", "`", [ \t\r\n], [1-9] or "#
                    + "[a-zA-Z]"
            ),
            (
                "",
                #"1:1 (0): no match found, expected: "(", "-", "0", "\"", "`", "not", "#
                    + #"[ \t\r\n], [1-9] or [a-zA-Z]"#
            ),
            ("a==1\nand b=2", "2:6 (10): no match found, expected: "),
            ("é==1", "1:1 (0): no match found, expected: "),
            ("a==\"é\" b", #"1:8 (8): no match found, expected: "and", "or" or EOF"#),
            ("(a==1", #"1:6 (5): no match found, expected: ")" or [ \t\r\n]"#),
            ("a == \"x", "1:6 (5): Unterminated string literal"),
            ("a == `x", "1:6 (5): Unterminated string literal"),
            (#"a == "\q""#, "1:6 (5): invalid syntax in a quoted text"),
            (#"a == "\x4""#, "1:6 (5): invalid syntax in a quoted text"),
            (#"a == "\xff""#, "1:6 (5): invalid syntax in a quoted text"),
            ("a == 1x", "1:6 (5): Invalid number literal"),
            ("a == 1.2.3", "1:6 (5): Invalid number literal"),
            ("a[b] == 1", "1:3 (2): Invalid index"),
            ("a[\"b\" == 1", "1:7 (6): Unclosed index expression"),
            ("a is empty or", "1:14 (13): no match found, expected: "),
            ("\"a\" == b", "1:5 (4): no match found, expected: "),
            ("a is", "1:5 (4): no match found, expected: "),
            ("a notcontains b", #"1:6 (5): no match found, expected: "#),
        ]
    )
    func errors(text: String, message: String) {
        let error = #expect(throws: FilterError.self) { try FilterParser.parse(text) }
        #expect(error?.reason.hasPrefix(message) == true, "\(error?.reason ?? "")")
        #expect(error?.isLimit == false)
    }

    @Test("What is too long, too deep or too much is refused, and soon")
    func limits() throws {
        let deep = String(repeating: "(", count: 64) + "a==1" + String(repeating: ")", count: 64)
        #expect(try FilterParser.parse(deep).description == #"a == "1""#)
        let wide = Array(repeating: "a==1", count: 256).joined(separator: " and ")
        #expect(try FilterParser.parse(wide).description.hasPrefix("a == "))
        for text in [
            "(\(deep))", "\(wide) or a==1", String(repeating: "not ", count: 65) + "a==1",
            String(repeating: "(", count: 8_000), "a==\(String(repeating: "b", count: 8_190))",
        ] {
            let error = #expect(throws: FilterError.self) { try FilterParser.parse(text) }
            #expect(error?.isLimit == true)
        }
    }

    @Test("What is printed is read back as the same")
    func roundTrip() throws {
        var random = SeededGenerator(seed: 7)
        for _ in 0..<2_000 {
            let expression = FilterExpression.random(&random, depth: 5)
            let text = expression.description
            #expect(try FilterParser.parse(text) == expression, "\(text)")
        }
    }

    @Test("Any bytes are an expression or an error that lies inside them")
    func anything() {
        var random = SeededGenerator(seed: 11)
        let pieces = [
            "a", "B.c", "not", " ", "(", ")", "==", "!=", "in", "is", "empty", "contains",
            "matches", "and", "or", "\"", "`", "[", "]", ".", "0", "-1", "\\", "\n", "é", "/", "~",
            "\u{0}", "\u{1F600}",
        ]
        for _ in 0..<5_000 {
            let count = Int.random(in: 0...24, using: &random)
            let text = (0..<count).map { _ in pieces.randomElement(using: &random) ?? "" }.joined()
            do {
                let expression = try FilterParser.parse(text)
                #expect((try? FilterParser.parse(expression.description)) != nil, "\(text)")
            } catch {
                let offset = error.reason.firstMatch(of: /\((\d+)\)/).flatMap { Int($0.1) }
                #expect((0...text.utf8.count).contains(offset ?? -1), "\(text): \(error.reason)")
            }
        }
    }
}

extension FilterExpression {
    static func random(_ random: inout SeededGenerator, depth: Int) -> FilterExpression {
        switch depth == 0 ? 0 : Int.random(in: 0...6, using: &random) {
        case 1:
            let operand = FilterExpression.random(&random, depth: depth - 1)
            // Two negations are read as none.
            if case .not = operand { return operand }
            return .not(operand)
        case 2, 3:
            return .and(
                .random(&random, depth: depth - 1),
                .random(&random, depth: depth - 1)
            )
        case 4, 5:
            return .or(.random(&random, depth: depth - 1), .random(&random, depth: depth - 1))
        default: return .match(.random(&random))
        }
    }
}

extension FilterMatch {
    static func random(_ random: inout SeededGenerator) -> FilterMatch {
        let names = ["Service", "Meta", "a_1", "is", "contains", "x"]
        let parts = names + ["0", "a-b", "a b", "é", "\"", "`", "\\", "\n", "/", "~1", "\u{1F600}"]
        let values = parts + ["", "not", "1.5", "\r\n\t\u{7F}\u{0}"]
        let rest = Int.random(in: 0...3, using: &random)
        let operation = FilterOperator.allCases.randomElement(using: &random) ?? .equal
        return FilterMatch(
            selector: [names.randomElement(using: &random) ?? ""]
                + (0..<rest).map { _ in parts.randomElement(using: &random) ?? "" },
            operation: operation,
            value: operation == .isEmpty || operation == .isNotEmpty
                ? nil : values.randomElement(using: &random)
        )
    }
}

/// The same numbers in every run (SplitMix64).
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
