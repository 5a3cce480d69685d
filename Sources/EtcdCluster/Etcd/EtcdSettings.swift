/// One etcd member, as `http://host:2379` or `https://host:2379` names it.
package struct EtcdEndpoint: Hashable, Sendable, CustomStringConvertible {
    package var isEncrypted: Bool
    /// Without the brackets of an IPv6 address.
    package var host: String
    package var port: Int

    /// Reads a URL without a path; nil when it has another form.
    package init?(_ text: some StringProtocol) {
        let text = String(text)
        guard let scheme = ["http://", "https://"].first(where: { text.hasPrefix($0) }) else {
            return nil
        }
        isEncrypted = scheme == "https://"
        var rest = text.dropFirst(scheme.count)
        if rest.hasSuffix("/") { rest = rest.dropLast() }
        var name = rest
        port = 2379
        if let colon = rest.lastIndex(of: ":"), !rest[colon...].contains("]") {
            guard let number = UInt16(rest[rest.index(after: colon)...]), number > 0 else {
                return nil
            }
            port = Int(number)
            name = rest[..<colon]
        }
        if name.hasPrefix("["), name.hasSuffix("]") { name = name.dropFirst().dropLast() }
        guard !name.isEmpty, !name.contains(where: { "/?#@[] ".contains($0) }) else { return nil }
        host = String(name)
    }

    package var description: String {
        let name = host.contains(":") ? "[\(host)]" : host
        return "\(isEncrypted ? "https" : "http")://\(name):\(port)"
    }
}

/// How to reach etcd.
package struct EtcdSettings: Hashable, Sendable {
    /// Members of one etcd cluster; one is asked at a time, the next when it fails.
    package var endpoints: [EtcdEndpoint]
    /// Nil: etcd asks for no user.
    package var user: String?
    package var password: String?
    /// PEM files; nil: the system's authorities.
    package var authorityFile: String?
    /// Nil: no certificate of our own is shown.
    package var certificateFile: String?
    package var keyFile: String?

    package init(endpoints: [EtcdEndpoint]) { self.endpoints = endpoints }
}
