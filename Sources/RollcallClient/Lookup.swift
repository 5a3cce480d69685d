package import DNSWire
internal import NIOCore

/// Finds instances through DNS, as any other program does.
///
/// Asks over UDP, repeats a query that is lost, and over TCP when the answer does not fit.
public struct Lookup: Sendable {
    /// What `rollcall serve` listens on by default.
    public static let defaultAddress = "127.0.0.1:8600"

    /// One SRV record with the addresses of its target.
    public struct Endpoint: Hashable, Sendable {
        /// The name of the target, with the final dot.
        public var target: String
        /// The addresses of the target; empty when it has none.
        public var addresses: [String]
        /// The port to connect to.
        public var port: Int
        /// Lower ones come first.
        public var priority: Int
        /// The share among endpoints of the same priority.
        public var weight: Int
    }

    /// The server, such as `127.0.0.1:8600`.
    public let server: String
    /// How long one attempt may take.
    public var timeout: Duration = .seconds(2)
    /// How often a query is sent over UDP before the lookup fails.
    public var attempts = 3

    private let socketAddress: SocketAddress

    /// Takes an IP address and port; IPv6 in brackets.
    public init(_ server: String = Lookup.defaultAddress) throws(ClientError) {
        guard let colon = server.lastIndex(of: ":"),
            let port = Int(server[server.index(after: colon)...]),
            (1...65_535).contains(port)
        else { throw Self.badAddress(server) }
        var host = server[..<colon]
        if host.hasPrefix("["), host.hasSuffix("]") { host = host.dropFirst().dropLast() }
        guard let address = try? SocketAddress(ipAddress: String(host), port: port) else {
            throw Self.badAddress(server)
        }
        self.server = server
        socketAddress = address
    }

    private static func badAddress(_ server: String) -> ClientError {
        ClientError(
            .badAddress,
            "expected an address and port such as \(defaultAddress), found \"\(server)\""
        )
    }

    /// The IPv4 and IPv6 addresses of a name, in the order of the answers.
    ///
    /// Empty when the name exists and has none: no instance is healthy. Throws `ClientError`, with
    /// the code `notFound` where the name does not exist, or `CancellationError`.
    public func addresses(of name: String) async throws -> [String] {
        async let v4 = answers(to: name, .a)
        async let v6 = answers(to: name, .aaaa)
        return try await (v4 + v6).compactMap { IPAddress(rdata: $0.rdata)?.description }
    }

    /// The endpoints of a service name, such as `payment.service.consul`, in the order of the
    /// answer.
    ///
    /// Throws as ``addresses(of:)`` does.
    public func endpoints(of name: String) async throws -> [Endpoint] {
        let message = try await exchange(name, .srv).response
        try Self.check(message, name)
        var endpoints: [Endpoint] = []
        for record in message.answer where record.type == .srv {
            guard record.rdata.count > 6,
                let target = try? DomainName(wire: Array(record.rdata[6...]))
            else { throw ClientError(.badResponse, "a malformed SRV record of \(name)") }
            func number(_ offset: Int) -> Int {
                Int(record.rdata[offset]) << 8 | Int(record.rdata[offset + 1])
            }
            endpoints.append(
                Endpoint(
                    target: target.description,
                    addresses: try await addresses(ofTarget: target, message),
                    port: number(4),
                    priority: number(0),
                    weight: number(2)
                )
            )
        }
        return endpoints
    }

    /// The addresses that came along with the SRV records, else those that a query finds.
    private func addresses(ofTarget target: DomainName, _ message: Message) async throws -> [String]
    {
        let included = message.additional
            .filter { $0.owner == target && [.a, .aaaa].contains($0.type) }
            .compactMap { IPAddress(rdata: $0.rdata)?.description }
        if !included.isEmpty { return included }
        do {
            return try await addresses(of: target.description)
        } catch let error as ClientError where error.code == .notFound {
            return []
        }
    }

    private func answers(to name: String, _ type: RecordType) async throws -> [ResourceRecord] {
        let message = try await exchange(name, type).response
        try Self.check(message, name)
        return message.answer.filter { $0.type == type }
    }

    private static func check(_ message: Message, _ name: String) throws(ClientError) {
        let reason = message.edns?.extendedErrors.first?.extraText
        switch message.responseCode {
        case .noError: return
        case .nameError:
            throw ClientError(.notFound, "there is no name \(name)", hint: reason)
        default:
            let code = message.responseCode?.mnemonic ?? "code \(message.responseCodeValue)"
            throw ClientError(.refused, "the server answered \(code) for \(name)", hint: reason)
        }
    }

    private func exchange(_ name: String, _ type: RecordType) async throws -> DNSExchange {
        let parsed: DomainName
        do {
            parsed = try DomainName(name)
        } catch {
            throw ClientError(.refused, "\"\(name)\" is not a domain name: \(error)")
        }
        let edns = EDNS(udpPayloadBytes: 1232)
        return try await exchange(
            .query(id: .random(in: .min ... .max), name: parsed, type: type, edns: edns)
        )
    }

    /// Sends `query` as it is and returns the answer with how it came.
    package func exchange(_ query: Message, overTCP: Bool = false) async throws -> DNSExchange {
        let transport = DNSTransport(server: socketAddress, timeout: timeout)
        let start = ContinuousClock.now
        func exchange(_ response: Message, _ bytes: Int, overTCP: Bool) -> DNSExchange {
            DNSExchange(
                query: query,
                response: response,
                responseBytes: bytes,
                overTCP: overTCP,
                elapsed: ContinuousClock.now - start,
                server: server
            )
        }
        do {
            if !overTCP {
                let (response, bytes) = try await askRepeatedly(transport, query)
                guard response.header.isTruncated else {
                    return exchange(response, bytes, overTCP: false)
                }
            }
            let (response, bytes) = try await transport.askOverTCP(query)
            return exchange(response, bytes, overTCP: true)
        } catch let error as ClientError {
            throw ClientError(error.code, "\(server): \(error.message)")
        } catch is CancellationError {
            throw CancellationError()
        } catch {
            let reason = ConnectionErrorText.text(error)
            throw ClientError(.unreachable, "cannot reach \(server): \(reason)")
        }
    }

    /// A datagram may be lost on the way there or back, so the query is sent again.
    private func askRepeatedly(
        _ transport: DNSTransport,
        _ query: Message
    ) async throws -> (Message, bytes: Int) {
        for _ in 1..<max(attempts, 1) {
            do {
                return try await transport.askOverUDP(query)
            } catch let error as ClientError where error.code == .unreachable {
                continue
            }
        }
        return try await transport.askOverUDP(query)
    }
}
