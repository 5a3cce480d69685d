internal import AsyncHTTPClient
internal import Foundation
internal import NIOCore
internal import NIOHTTP1

/// The HTTP side of one Rollcall: where it is, and how calls to it are made.
public struct RegistryServer: Hashable, Sendable {
    /// What `rollcall serve` listens on by default.
    public static let defaultAddress = "http://127.0.0.1:8500"

    /// The scheme, host and port, without a final slash.
    public let address: String
    /// How long a call may take; waiting for a change does not count.
    public var timeout: Duration = .seconds(10)
    /// The secret of the token that every call shows; nil for none.
    public var token: String?
    /// Whom to trust over `https://`; nil for what the system trusts.
    public var tls: ClientTLS?

    /// Takes an address such as `http://127.0.0.1:8500`; `127.0.0.1:8500` means the same.
    public init(_ address: String = RegistryServer.defaultAddress) throws(ClientError) {
        var text = address.contains("://") ? address : "http://" + address
        while text.hasSuffix("/") { text.removeLast() }
        guard let url = URL(string: text), let scheme = url.scheme, let host = url.host(),
            ["http", "https"].contains(scheme), !host.isEmpty, url.query() == nil
        else {
            throw ClientError(
                .badAddress,
                "expected an address such as \(Self.defaultAddress), found \"\(address)\""
            )
        }
        self.address = text
    }
}

/// A response of the native API: a status of 200 to 299, or 304.
struct RegistryReply: Sendable {
    var status: Int
    /// `X-Rollcall-Index`.
    var index: UInt64?
    var body: [UInt8]

    func decode<Value: Decodable>(_ type: Value.Type) throws(ClientError) -> Value {
        do {
            return try JSONDecoder().decode(type, from: Data(body))
        } catch {
            throw ClientError(
                .badResponse,
                "the server's answer has an unknown form: \(error)",
                status: status
            )
        }
    }
}

extension RegistryServer {
    /// Idle connections are kept and shared by the whole process.
    private static let calls = client(readTimeout: nil)
    /// A stream that is silent for so long is dead: the server sends a heartbeat far more often.
    private static let streams = client(readTimeout: .seconds(45))

    private static func client(readTimeout: TimeAmount?) -> HTTPClient {
        var configuration = HTTPClient.Configuration(
            redirectConfiguration: .disallow,
            timeout: .init(connect: .seconds(5), read: readTimeout)
        )
        configuration.httpVersion = .http1Only
        // A port that nobody listens on is to be told at once; who wants to try again does it
        // above.
        configuration.connectionPool.retryConnectionEstablishment = false
        return HTTPClient(
            eventLoopGroup: HTTPClient.defaultEventLoopGroup,
            configuration: configuration
        )
    }

    /// Sends one request and collects the response; a refusal is thrown as the server worded it,
    /// unless it is one that `accepts` takes for an answer.
    func call(
        _ method: String,
        _ path: [String],
        query: [(name: String, value: String?)] = [],
        body: [UInt8]? = nil,
        longerBy wait: Duration = .zero,
        accepts: (_ status: Int, _ body: [UInt8]) -> Bool = { _, _ in false }
    ) async throws -> RegistryReply {
        let request = request(method, path, query: query, body: body)
        let deadline = NIODeadline.now() + TimeAmount(timeout) + TimeAmount(wait)
        do {
            let response = try await Self.calls.execute(request, deadline: deadline)
            let body = try await response.body.collect(upTo: 1 << 30)
            let bytes = Array(body.readableBytesView)
            if !accepts(Int(response.status.code), bytes) {
                try Self.check(response.status, bytes)
            }
            return RegistryReply(
                status: Int(response.status.code),
                index: Self.index(in: response.headers),
                body: bytes
            )
        } catch {
            throw translate(error)
        }
    }

    /// The same for calls that must be made although the task is cancelled, such as the last one.
    func callToTheEnd(
        _ method: String,
        _ path: [String],
        query: [(name: String, value: String?)] = [],
        longerBy wait: Duration = .zero
    ) async throws -> RegistryReply {
        let prepared = request(method, path, query: query, body: nil)
        do {
            let request = try HTTPClient.Request(
                url: prepared.url,
                method: prepared.method,
                headers: prepared.headers,
                body: nil,
                tlsConfiguration: prepared.tlsConfiguration
            )
            let deadline = NIODeadline.now() + TimeAmount(timeout) + TimeAmount(wait)
            let response = try await Self.calls.execute(request: request, deadline: deadline).get()
            let bytes = response.body.map { Array($0.readableBytesView) } ?? []
            try Self.check(response.status, bytes)
            return RegistryReply(
                status: Int(response.status.code),
                index: Self.index(in: response.headers),
                body: bytes
            )
        } catch {
            throw translate(error)
        }
    }

    /// Opens a stream of server-sent events.
    func stream(_ path: [String], lastEventID: String?) async throws -> HTTPClientResponse.Body {
        var request = request("GET", path, query: [], body: nil)
        request.headers.replaceOrAdd(name: "accept", value: "text/event-stream")
        if let lastEventID { request.headers.add(name: "last-event-id", value: lastEventID) }
        do {
            let response = try await Self.streams.execute(request, deadline: .distantFuture)
            guard (200...299).contains(response.status.code) else {
                let body = try await response.body.collect(upTo: 1 << 20)
                try Self.check(response.status, Array(body.readableBytesView))
                throw ClientError(
                    .badResponse,
                    "the server answered with status \(response.status)"
                )
            }
            return response.body
        } catch {
            throw translate(error)
        }
    }

    private func request(
        _ method: String,
        _ path: [String],
        query: [(name: String, value: String?)],
        body: [UInt8]?
    ) -> HTTPClientRequest {
        var url = address
        for part in path { url += "/" + Self.escape(part) }
        for (position, item) in query.enumerated() {
            url += (position == 0 ? "?" : "&") + Self.escape(item.name)
            if let value = item.value { url += "=" + Self.escape(value) }
        }
        var request = HTTPClientRequest(url: url)
        request.method = HTTPMethod(rawValue: method)
        request.tlsConfiguration = tls?.configuration
        request.headers.add(name: "accept", value: "application/json")
        request.headers.add(name: "user-agent", value: "rollcall-client")
        if let token { request.headers.add(name: "authorization", value: "Bearer \(token)") }
        if let body {
            request.headers.add(name: "content-type", value: "application/json")
            request.body = .bytes(body)
        }
        return request
    }

    /// Percent-encodes all but the unreserved characters (RFC 3986 §2.3).
    static func escape(_ text: String) -> String {
        var escaped = ""
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."),
                UInt8(ascii: "_"), UInt8(ascii: "~"):
                escaped.unicodeScalars.append(Unicode.Scalar(byte))
            default:
                let digits = String(byte, radix: 16, uppercase: true)
                escaped += "%" + (digits.count == 1 ? "0" + digits : digits)
            }
        }
        return escaped
    }

    private static func index(in headers: HTTPHeaders) -> UInt64? {
        headers.first(name: "x-rollcall-index").flatMap { UInt64($0) }
    }

    /// Throws the server's refusal: `{error, field?, hint?}`, or what else came.
    private static func check(
        _ responseStatus: HTTPResponseStatus,
        _ body: [UInt8]
    ) throws(ClientError) {
        let status = Int(responseStatus.code)
        guard !(200...299).contains(status) else { return }
        struct Refusal: Decodable {
            var error: String
            var field: String?
            var hint: String?
        }
        let refusal = try? JSONDecoder().decode(Refusal.self, from: Data(body))
        throw ClientError(
            status == 404 ? .notFound : .refused,
            refusal?.error ?? "the server answered with status \(responseStatus)",
            status: status,
            field: refusal?.field,
            hint: refusal?.hint
        )
    }

    /// Tells in our own words why no response came; leaves cancellation as it is.
    private func translate(_ error: any Error) -> any Error {
        switch error {
        case is ClientError, is CancellationError:
            return error
        case let error as HTTPClientError where error == .cancelled:
            return CancellationError()
        case let error as HTTPClientError
        where error == .deadlineExceeded || error == .readTimeout || error == .connectTimeout:
            return ClientError(.unreachable, "no answer from \(address) in time")
        case is HTTPClientError, is HTTPParserError:
            return ClientError(.badResponse, "\(address) does not speak HTTP as expected: \(error)")
        default:
            return ClientError(
                .unreachable,
                "cannot reach \(address): \(ConnectionErrorText.text(error))",
                hint: "is `rollcall serve` running there?"
            )
        }
    }
}
