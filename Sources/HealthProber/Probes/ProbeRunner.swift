internal import DNSWire
internal import NIOCore
internal import NIOPosix
package import ServiceCatalog

/// Does probes: opens a new connection for each, within its timeout, to permitted targets only.
///
/// Whatever goes wrong is a result; nothing is thrown.
package struct ProbeRunner: Sendable {
    let policy: ProbeTargetPolicy
    let group: any EventLoopGroup
    let resolver = HostResolver()
    let tlsContexts: TLSContexts

    package init(policy: ProbeTargetPolicy, trustedAuthoritiesFile: String? = nil) {
        self.policy = policy
        self.group = MultiThreadedEventLoopGroup.singleton
        self.tlsContexts = TLSContexts(authoritiesFile: trustedAuthoritiesFile)
    }

    /// Runs the probe of `check` once.
    package func run(_ check: CheckDefinition) async -> ProbeResult {
        let timeout = Duration.milliseconds(max(check.timeoutMilliseconds, 1))
        let deadline = ProbeDeadline(after: timeout)
        switch check.probe {
        case .http(let probe):
            return await http(probe, outputBytesMax: check.outputBytesMax, deadline: deadline)
        case .tcp(let host, let port, let tls):
            return await tcp(host: host, port: port, tls: tls, deadline: deadline)
        case .udp(let host, let port):
            return await udp(host: host, port: port, deadline: deadline)
        case .grpc(let host, let port, let service, let tls):
            return await grpc(
                host: host,
                port: port,
                service: service,
                tls: tls,
                deadline: deadline
            )
        case .http2Ping(let host, let port, let tls):
            return await http2Ping(host: host, port: port, tls: tls, deadline: deadline)
        case .dns(let host, let port, let name, let type):
            return await dns(host: host, port: port, name: name, type: type, deadline: deadline)
        case .ttl, .alias:
            preconditionFailure("a \(check.typeName) check has no probe")
        }
    }

    /// Calls `body` with the addresses of `host` in turn until one can be talked to.
    ///
    /// Each of them must be permitted: a name must not be a way around the policy.
    func reach<Reply>(
        host: String,
        port: Int,
        deadline: ProbeDeadline,
        _ body: (ProbeConnection) async throws -> Reply
    ) async throws(ProbeFailure) -> Reply {
        guard (1...65_535).contains(port) else { throw .unusable("port \(port) is not 1 to 65535") }
        let loop = group.any()
        var addresses: [IPAddress]
        do {
            addresses = try await resolver.addresses(of: host, on: loop, deadline: deadline)
        } catch {
            throw ProbeFailure(error)
        }
        if let forbidden = addresses.first(where: { !policy.permits($0) }) {
            throw .forbidden(forbidden)
        }
        while true {
            let address = addresses.removeFirst()
            do {
                let connection = ProbeConnection(
                    loop: loop,
                    address: try SocketAddress(ipAddress: address.description, port: port),
                    deadline: deadline.share(of: addresses.count + 1)
                )
                return try await body(connection)
            } catch {
                let failure = ProbeFailure(error)
                guard failure.isOfOneAddress, !addresses.isEmpty else { throw failure }
            }
        }
    }

    /// TLS for a connection to `host`, as the check expects it.
    func tls(
        _ expectation: TLSExpectation,
        host: String,
        speaksHTTP2: Bool = false
    ) throws -> ProbeConnection.TLS {
        let name = expectation.serverName.isEmpty ? host : expectation.serverName
        return ProbeConnection.TLS(
            context: try tlsContexts.context(
                verifies: expectation.verifies,
                speaksHTTP2: speaksHTTP2
            ),
            // RFC 6066 §3: an address is no server name.
            serverName: IPAddress(name) == nil ? name : nil
        )
    }

    /// `host:port`, an IPv6 address in brackets.
    static func spell(_ host: String, _ port: Int) -> String {
        host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
    }
}
