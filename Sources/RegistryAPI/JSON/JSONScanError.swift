/// Why the scanner stopped; its caller has the words for it.
struct JSONScanError: Error, Hashable, Sendable {
    enum Reason: Hashable, Sendable {
        case controlCharacterInString
        case unknownEscape
        case badHexadecimal
        case halfSurrogatePair
        case stringNotUTF8
        case stringCutShort
        /// One of `true`, `false` and `null` was begun, and something else came.
        case badLiteral(String)
        case missingDigit
        case leadingZero
        case tooDeep(levelsMax: Int)
    }

    var reason: Reason
    /// Where the string, escape, number or literal begins.
    var start: Int
    /// The byte that is wrong; the length of the text when that ends too early.
    var offset: Int
}
