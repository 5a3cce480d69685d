internal import Foundation

/// The parts of a URL that a probe needs.
struct ProbeURL: Hashable, Sendable {
    let url: URL
    let isSecure: Bool
    /// Without brackets.
    let host: String
    let port: Int

    /// Reads an absolute `http:` or `https:` URL; nil for anything else.
    init?(_ text: String) {
        guard let url = URL(string: text) else { return nil }
        self.init(url)
    }

    private init?(_ url: URL) {
        guard let scheme = url.scheme?.lowercased(), scheme == "http" || scheme == "https",
            let host = url.host(percentEncoded: false), !host.isEmpty
        else { return nil }
        self.url = url
        self.isSecure = scheme == "https"
        self.host = host.hasPrefix("[") ? String(host.dropFirst().dropLast()) : host
        self.port = url.port ?? (scheme == "https" ? 443 : 80)
    }

    /// Where a `Location` header leads from here (RFC 9110 §10.2.2).
    func following(location: String) -> ProbeURL? {
        URL(string: location, relativeTo: url).flatMap { ProbeURL($0.absoluteURL) }
    }

    /// The request target: path and query.
    var target: String {
        let path = url.path(percentEncoded: true)
        let query = url.query(percentEncoded: true).map { "?\($0)" } ?? ""
        return (path.isEmpty ? "/" : path) + query
    }

    /// The `Host` header.
    var authority: String {
        let host = host.contains(":") ? "[\(host)]" : host
        return url.port == nil ? host : "\(host):\(port)"
    }

    /// The `Authorization` that a URL with user and password asks for (RFC 7617).
    var basicAuthorization: String? {
        guard let user = url.user(percentEncoded: false) else { return nil }
        let password = url.password(percentEncoded: false) ?? ""
        return "Basic " + Data("\(user):\(password)".utf8).base64EncodedString()
    }

    /// The URL without user and password, for outputs.
    var spelled: String {
        "\(isSecure ? "https" : "http")://\(authority)\(target)"
    }

    func hasSameOrigin(as other: ProbeURL) -> Bool {
        isSecure == other.isSecure && host == other.host && port == other.port
    }
}
