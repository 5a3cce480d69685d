internal import DNSWire
internal import NIOHTTP1

/// The DNS message in an HTTP request, or why there is none (RFC 8484 §4.1).
enum HTTPQuery: Equatable {
    /// The message is in the URL.
    case inPath([UInt8])
    /// The message is the body.
    case inBody
    case refused(Refusal)

    /// An answer that is no DNS message.
    struct Refusal: Equatable {
        var status: HTTPResponseStatus
        var reason: String
        /// The methods that the path has.
        var allowed: String?

        init(_ status: HTTPResponseStatus, _ reason: String, allowed: String? = nil) {
            self.status = status
            self.reason = reason
            self.allowed = allowed
        }
    }

    static let path = "/dns-query"
    static let mediaType = "application/dns-message"
    /// The greatest message in base64url is longer than any URL that clients send.
    private static let targetBytesMax = 8 << 10

    /// Looks at the head of a request.
    init(_ head: HTTPRequestHead) {
        let target = head.uri
        guard target.utf8.count <= Self.targetBytesMax else {
            self = .refused(Refusal(.uriTooLong, "the URL is too long; use POST"))
            return
        }
        let parts = target.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts[0] == Self.path else {
            self = .refused(Refusal(.notFound, "DNS over HTTPS is at \(Self.path)"))
            return
        }
        switch head.method {
        case .GET, .HEAD: self = Self.inQuery(parts.count == 2 ? parts[1] : "")
        case .POST: self = Self.ofBody(head)
        default:
            self = .refused(
                Refusal(.methodNotAllowed, "use GET or POST", allowed: "GET, HEAD, POST")
            )
        }
    }

    private static func inQuery(_ query: Substring) -> HTTPQuery {
        let values = query.split(separator: "&").filter { $0.hasPrefix("dns=") }
        guard values.count == 1, let text = values.first?.dropFirst(4) else {
            return .refused(Refusal(.badRequest, "the parameter dns must be there once"))
        }
        guard let message = Base64URL.decode(text) else {
            return .refused(
                Refusal(.badRequest, "the parameter dns must be base64url without padding")
            )
        }
        guard message.count >= WireLimits.headerBytes else {
            return .refused(Refusal(.badRequest, "the DNS message is too short"))
        }
        return .inPath(message)
    }

    private static func ofBody(_ head: HTTPRequestHead) -> HTTPQuery {
        let type = head.headers.first(name: "content-type") ?? ""
        let essence = type.prefix { $0 != ";" && $0 != " " }.lowercased()
        guard essence == mediaType else {
            return .refused(
                Refusal(.unsupportedMediaType, "the body must be of the type \(mediaType)")
            )
        }
        let declared = head.headers.first(name: "content-length").flatMap { Int($0) } ?? 0
        guard declared <= WireLimits.messageBytesMax else { return .refused(tooLarge) }
        return .inBody
    }

    static let tooLarge = Refusal(
        .payloadTooLarge,
        "a DNS message has at most \(WireLimits.messageBytesMax) bytes"
    )
    static let notAQuery = Refusal(.badRequest, "the message is no DNS query")
}
