/// One entry of a master file: a record or a directive, which may span lines in parentheses.
struct ZoneEntry: Equatable {
    /// A field in printable ASCII.
    ///
    /// Other bytes are written as `\065`; escapes stay as they are.
    struct Token: Equatable {
        var text: String
        var isQuoted: Bool
        var line: Int
    }

    /// The line that the entry starts in.
    var line: Int
    /// True when the entry starts with a blank: the owner is the last one (RFC 1035 §5.1).
    var startsBlank: Bool
    var tokens: [Token]
}
