/// Why a text is no regular expression; the words are those that Consul's users know.
package struct PatternError: Error, Hashable, Sendable {
    package var reason: Reason
    /// The part of the expression that is wrong.
    package var part: String

    /// What kind of error it is, in words.
    package enum Reason: String, Hashable, Sendable {
        case badRange = "invalid character class range"
        case badEscape = "invalid escape sequence"
        case badRepeatCount = "invalid repeat count"
        case missingBracket = "missing closing ]"
        case missingParenthesis = "missing closing )"
        case missingRepeatArgument = "missing argument to repetition operator"
        case nestedRepeat = "invalid nested repetition operator"
        case unexpectedParenthesis = "unexpected )"
        case unsupportedGroup = "invalid or unsupported Perl syntax"
        case badGroupName = "invalid named capture"
        case trailingBackslash = "trailing backslash at end of expression"
        case tooDeep = "expression nests too deeply"
        case tooLarge = "expression too large"
    }

    init(_ reason: Reason, _ part: some Sequence<Unicode.Scalar>) {
        self.reason = reason
        var text = String.UnicodeScalarView()
        text.append(contentsOf: part)
        self.part = String(text)
    }
}

extension PatternError: CustomStringConvertible {
    package var description: String { "error parsing regexp: \(reason.rawValue): `\(part)`" }
}
