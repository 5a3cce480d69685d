internal import Foundation

/// The parts of a URL that a probe needs.
struct ProbeURL: Hashable, Sendable {
    /// As given; absolute.
    private let text: String
    let isSecure: Bool
    /// Without brackets.
    let host: String
    let port: Int
    /// The `Host` header.
    let authority: String
    /// The request target: path and query.
    let target: String
    /// The `Authorization` that a URL with user and password asks for (RFC 7617).
    let basicAuthorization: String?

    /// Reads an absolute `http:` or `https:` URL; nil for anything else.
    init?(_ text: String) {
        if let plain = ProbeURL(plain: text) {
            self = plain
        } else if let url = URL(string: text) {
            self.init(url)
        } else {
            return nil
        }
    }

    /// Where a `Location` header leads from here (RFC 9110 §10.2.2).
    func following(location: String) -> ProbeURL? {
        URL(string: location, relativeTo: URL(string: text)).flatMap { ProbeURL($0.absoluteURL) }
    }

    /// The URL without user and password, for outputs.
    var spelled: String {
        "\(isSecure ? "https" : "http")://\(authority)\(target)"
    }

    func hasSameOrigin(as other: ProbeURL) -> Bool {
        isSecure == other.isSecure && host == other.host && port == other.port
    }

    init?(_ url: URL) {
        guard let scheme = url.scheme?.lowercased(), scheme == "http" || scheme == "https",
            let host = url.host(percentEncoded: false), !host.isEmpty
        else { return nil }
        self.text = url.absoluteString
        self.isSecure = scheme == "https"
        self.host = host.hasPrefix("[") ? String(host.dropFirst().dropLast()) : host
        self.port = url.port ?? (scheme == "https" ? 443 : 80)
        let bracketed = self.host.contains(":") ? "[\(self.host)]" : self.host
        self.authority = url.port == nil ? bracketed : "\(bracketed):\(port)"
        let path = url.path(percentEncoded: true)
        let query = url.query(percentEncoded: true).map { "?\($0)" } ?? ""
        self.target = (path.isEmpty ? "/" : path) + query
        self.basicAuthorization = url.user(percentEncoded: false).map { user in
            let password = url.password(percentEncoded: false) ?? ""
            return "Basic " + Data("\(user):\(password)".utf8).base64EncodedString()
        }
    }
}

extension ProbeURL {
    /// Reads what nearly all checks have; nil for all else, right or wrong.
    ///
    /// That is `http:`, a plain host, perhaps a port, and a target that needs no escapes.
    /// Why: Foundation takes longer to read a URL than the kernel to open a connection.
    init?(plain text: String) {
        let scheme = "http://"
        guard text.utf8.starts(with: scheme.utf8) else { return nil }
        let rest = text.utf8.dropFirst(scheme.utf8.count)
        let authority = rest.prefix { $0 != UInt8(ascii: "/") && $0 != UInt8(ascii: "?") }
        let target = rest.dropFirst(authority.count)
        let host = authority.prefix { $0 != UInt8(ascii: ":") }
        guard !host.isEmpty, host.allSatisfy(\.isPlainInHost), Self.isPlain(target: target) else {
            return nil
        }
        var port = 80
        if host.count < authority.count {
            let digits = authority.dropFirst(host.count + 1)
            guard (1...5).contains(digits.count), digits.allSatisfy(\.isDigit),
                digits.first != UInt8(ascii: "0")
            else { return nil }
            port = digits.reduce(0) { 10 * $0 + Int($1 - UInt8(ascii: "0")) }
        }
        self.text = text
        self.isSecure = false
        self.host = String(Substring(host))
        self.port = port
        self.authority = String(Substring(authority))
        switch target.first {
        case nil: self.target = "/"
        case UInt8(ascii: "?"): self.target = "/" + String(Substring(target))
        default: self.target = String(Substring(target))
        }
        self.basicAuthorization = nil
    }

    /// True for the characters of RFC 3986 §3.3 and §3.4 that stand for themselves.
    private static func isPlain(target: Substring.UTF8View) -> Bool {
        target.allSatisfy { byte in
            byte.isPlainInHost || byte.isUpperCase
                || "/?_~!$&'()*+,;=:@".utf8.contains(byte)
        }
    }
}

extension UInt8 {
    fileprivate var isDigit: Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(self) }
    fileprivate var isUpperCase: Bool { (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(self) }

    fileprivate var isPlainInHost: Bool {
        isDigit || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(self)
            || self == UInt8(ascii: "-") || self == UInt8(ascii: ".")
    }
}
