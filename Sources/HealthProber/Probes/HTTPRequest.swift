internal import NIOCore
internal import ServiceCatalog

/// The request of an HTTP probe, as it goes over the wire (RFC 9112 §3).
struct HTTPRequest: Sendable {
    let bytes: ByteBuffer
    /// True for HEAD: an answer has no body, whatever its head says.
    let isAnsweredWithoutBody: Bool

    init(_ probe: HTTPProbe, to url: ProbeURL) throws(ProbeFailure) {
        let method = probe.methodName
        var text = ""
        text.reserveCapacity(256)
        text += "\(method) \(url.target) HTTP/1.1\r\n"
        try Self.add(Self.headers(of: probe, url), to: &text)
        guard method.utf8.allSatisfy(\.isTokenCharacter) else {
            throw .unusable("\"\(method)\" is no HTTP method")
        }
        text += "\r\n"
        text += probe.body
        self.bytes = ByteBuffer(string: text)
        self.isAnsweredWithoutBody = method == "HEAD"
    }

    /// The check's own headers, and those that every request has.
    private static func headers(of probe: HTTPProbe, _ url: ProbeURL) -> [(String, String)] {
        let framing: Set = ["connection", "content-length", "transfer-encoding"]
        var headers: [(String, String)] = []
        var given: Set<String> = []
        for (name, values) in probe.headers where !framing.contains(name.lowercased()) {
            given.insert(name.lowercased())
            for value in values { headers.append((name, value)) }
        }
        func addUnlessGiven(_ name: String, _ value: String) {
            if given.isEmpty || !given.contains(name.lowercased()) { headers.append((name, value)) }
        }
        addUnlessGiven("Host", url.authority)
        addUnlessGiven("User-Agent", "Rollcall Health Check")
        addUnlessGiven("Accept", "text/plain, text/*, */*")
        if let authorization = url.basicAuthorization {
            addUnlessGiven("Authorization", authorization)
        }
        headers.append(("Connection", "close"))
        if !probe.body.isEmpty { headers.append(("Content-Length", "\(probe.body.utf8.count)")) }
        return headers
    }

    /// Refuses what would end a header and begin something else.
    private static func add(
        _ headers: [(String, String)],
        to text: inout String
    ) throws(ProbeFailure) {
        for (name, value) in headers {
            guard !name.isEmpty, name.utf8.allSatisfy(\.isTokenCharacter) else {
                throw .unusable("\"\(name)\" is no header name")
            }
            guard value.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F || $0 == 0x09 }) else {
                throw .unusable("the header \(name) has a line break or control character")
            }
            text += name
            text += ": "
            text += value
            text += "\r\n"
        }
    }
}

extension UInt8 {
    /// RFC 9110 §5.6.2.
    fileprivate var isTokenCharacter: Bool {
        switch self {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"):
            true
        default: "!#$%&'*+-.^_`|~".utf8.contains(self)
        }
    }
}
