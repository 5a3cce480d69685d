/// A host and a port as people write them: `10.0.0.1:80`, `[::1]:80`, `db.example.org:5432`.
package struct ProbeTarget: Hashable, Sendable {
    package var host: String
    package var port: Int

    package init(host: String, port: Int) {
        self.host = host
        self.port = port
    }

    /// Reads `text`.
    ///
    /// - Parameter defaultPort: taken when the text has none; nil: a port is required.
    /// - Returns: nil when `text` is not of this form.
    package init?(_ text: some StringProtocol, defaultPort: Int? = nil) {
        var rest = Substring(text)
        let host: Substring
        if rest.hasPrefix("[") {
            guard let end = rest.firstIndex(of: "]") else { return nil }
            host = rest[rest.index(after: rest.startIndex)..<end]
            rest = rest[rest.index(after: end)...]
        } else if rest.count(where: { $0 == ":" }) > 1 {
            // An IPv6 address without brackets has no port.
            host = rest
            rest = ""
        } else {
            host = rest.prefix { $0 != ":" }
            rest = rest[host.endIndex...]
        }
        guard !host.isEmpty else { return nil }
        if rest.isEmpty {
            guard let defaultPort else { return nil }
            self.init(host: String(host), port: defaultPort)
            return
        }
        guard rest.first == ":", rest.dropFirst().allSatisfy({ ("0"..."9").contains($0) }),
            let port = Int(rest.dropFirst())
        else { return nil }
        self.init(host: String(host), port: port)
    }

    /// Reads the host and port of an absolute `http:` or `https:` URL (RFC 9110 §4.2).
    ///
    /// - Returns: nil for other schemes, for user names in it, and for bytes that no URL has.
    package init?(url: String) {
        let lower = url.prefix(8).lowercased()
        let isTLS = lower == "https://"
        guard isTLS || lower.hasPrefix("http://"),
            url.utf8.allSatisfy({ (0x21...0x7E).contains($0) })
        else { return nil }
        let rest = url.dropFirst(isTLS ? 8 : 7)
        let authority = rest.prefix { $0 != "/" && $0 != "?" && $0 != "#" }
        guard !authority.contains("@") else { return nil }
        self.init(authority, defaultPort: isTLS ? 443 : 80)
    }
}
