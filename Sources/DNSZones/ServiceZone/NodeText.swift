internal import DNSResponder
internal import DNSWire

/// The TXT records of a node: one for each pair of its meta, as Consul's clients read them.
///
/// RFC 1464. A key with the prefix `rfc1035-` gives its value alone; what is too long for one
/// character-string is left out.
enum NodeText {
    static func rrset(_ meta: [String: String], ttlSeconds: UInt32) -> [PublishedRRset] {
        let texts = meta.sorted { $0.key < $1.key }.map { key, value in
            key.lowercased().hasPrefix("rfc1035-")
                ? value : "\(quoted(key, isKey: true))=\(quoted(value, isKey: false))"
        }
        let records = texts.filter(\.isCharacterString).map { RData.txt([$0]) }
        return PublishedRRset.text(records, ttlSeconds: ttlSeconds)
    }

    /// Puts a back-quote before each back-quote, in keys also before `=` and blanks at the ends.
    private static func quoted(_ text: String, isKey: Bool) -> String {
        let blanksBefore = text.prefix { $0 == " " || $0 == "\t" }.count
        let blanksAfter = text.reversed().prefix { $0 == " " || $0 == "\t" }.count
        var result = ""
        for (offset, character) in text.enumerated() {
            let isEndBlank = offset < blanksBefore || offset >= text.count - blanksAfter
            if character == "`" || isKey && (character == "=" || isEndBlank) { result += "`" }
            result.append(character)
        }
        return result
    }
}

extension PublishedRRset {
    /// A TXT RRset of `records`, each once; nothing for none.
    static func text(_ records: [[UInt8]], ttlSeconds: UInt32) -> [PublishedRRset] {
        var seen: Set<[UInt8]> = []
        let once = records.filter { seen.insert($0).inserted }
        guard !once.isEmpty else { return [] }
        return [PublishedRRset(type: .txt, ttlSeconds: ttlSeconds, rdata: once, rotates: true)]
    }
}

extension String {
    /// True when it fits one character-string (RFC 1035 §3.3).
    var isCharacterString: Bool { utf8.count <= WireLimits.characterStringBytesMax }
}
