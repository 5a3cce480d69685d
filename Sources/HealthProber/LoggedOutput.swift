internal import ServiceCatalog

/// A check's output as the log may have it: without secrets, and short.
///
/// Why: a target may send back the request that it got, and URLs carry passwords and tokens. The
/// log has other readers than the catalog.
enum LoggedOutput {
    private static let charactersMax = 256
    /// Shorter texts come up by chance.
    private static let secretCharactersMin = 4
    private static let mark = "…"

    static func text(_ output: String, of check: CheckDefinition?) -> String {
        // What is cut off anyhow is not searched; a secret across the cut is still found whole.
        var text = String(output.prefix(4 * charactersMax))
        if case .http(let probe)? = check?.probe {
            for secret in secrets(of: probe) { text = text.replacing(secret, with: mark) }
        }
        text = withoutURLSecrets(text)
        return text.count > charactersMax ? text.prefix(charactersMax) + mark : text
    }

    /// Values of headers, their last words, and the body; the longest first, as one may be part of
    /// another.
    private static func secrets(of probe: HTTPProbe) -> [String] {
        let values = probe.headers.values.joined()
        let words = values.compactMap { $0.split(separator: " ").last.map(String.init) }
        return (values + words + [probe.body])
            .filter { $0.count >= secretCharactersMin }
            .sorted { $0.count > $1.count }
    }

    /// `text` with the users and queries of all URLs left out.
    private static func withoutURLSecrets(_ text: String) -> String {
        var result = ""
        var rest = text[...]
        while let scheme = rest.firstRange(of: "://") {
            result += rest[..<scheme.upperBound]
            rest = rest[scheme.upperBound...]
            let url = rest.prefix { !$0.isWhitespace && !"\"'<>".contains($0) }
            rest = rest[url.endIndex...]
            let authority = url.prefix { !"/?#".contains($0) }
            var shown = url
            if let at = authority.lastIndex(of: "@") {
                result += mark + "@"
                shown = url[url.index(after: at)...]
            }
            let path = shown.prefix { $0 != "?" }
            result += path
            if path.endIndex < shown.endIndex {
                result += "?" + mark + (shown.hasSuffix(":") ? ":" : "")
            }
        }
        return result + rest
    }
}
