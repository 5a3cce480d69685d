/// A value as it was written, and where.
struct RawValue: Sendable {
    enum Content: Sendable {
        case scalar(String)
        case list([RawValue])
        case map([(key: RawValue, value: RawValue)])
        /// The key stands alone.
        case nothing
    }

    var content: Content
    var place: ConfigurationError.Place

    init(_ content: Content, at place: ConfigurationError.Place) {
        self.content = content
        self.place = place
    }

    /// What the text holds, for an error message.
    var found: String {
        switch content {
        case .scalar(let text): "\"\(Self.oneLine(text))\""
        case .list: "a list"
        case .map: "a mapping"
        case .nothing: "nothing"
        }
    }

    /// `text` without control characters and cut to a length that fits a line of a terminal.
    static func oneLine(_ text: String) -> String {
        let cut = text.count > 80 ? text.prefix(79) + "…" : text[...]
        return String(
            String.UnicodeScalarView(
                cut.unicodeScalars.map { $0.properties.generalCategory == .control ? " " : $0 }
            )
        )
    }
}
