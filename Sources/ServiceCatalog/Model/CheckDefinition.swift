/// How Rollcall finds the status of a check itself.
package struct CheckDefinition: Codable, Hashable, Sendable {
    package var probe: Probe
    /// Time between the end of a probe and the start of the next; unused by `ttl` and `alias`.
    package var intervalMilliseconds: Int
    /// A probe that takes longer has failed.
    package var timeoutMilliseconds: Int
    /// Consecutive successes before the check leaves critical; at least 1.
    package var successesBeforePassing: Int
    /// Consecutive failures before warning; not above `failuresBeforeCritical`.
    package var failuresBeforeWarning: Int
    /// Consecutive failures before critical; at least 1.
    package var failuresBeforeCritical: Int
    /// An instance that stays critical for so long is deregistered; nil: never.
    package var deregisterCriticalAfterMilliseconds: Int?
    /// The output of a probe is cut to so many bytes.
    package var outputBytesMax: Int

    package init(
        probe: Probe,
        intervalMilliseconds: Int = 10_000,
        timeoutMilliseconds: Int = 10_000,
        successesBeforePassing: Int = 1,
        failuresBeforeWarning: Int = 1,
        failuresBeforeCritical: Int = 1,
        deregisterCriticalAfterMilliseconds: Int? = nil,
        outputBytesMax: Int = 4096
    ) {
        self.probe = probe
        self.intervalMilliseconds = intervalMilliseconds
        self.timeoutMilliseconds = timeoutMilliseconds
        self.successesBeforePassing = successesBeforePassing
        self.failuresBeforeWarning = failuresBeforeWarning
        self.failuresBeforeCritical = failuresBeforeCritical
        self.deregisterCriticalAfterMilliseconds = deregisterCriticalAfterMilliseconds
        self.outputBytesMax = outputBytesMax
    }

    /// What is done to find the status.
    package enum Probe: Codable, Hashable, Sendable {
        case http(HTTPProbe)
        /// Passing when a connection opens (and, with `tls`, the handshake ends).
        case tcp(host: String, port: Int, tls: TLSExpectation?)
        /// Passing when anything comes back or nothing refuses.
        case udp(host: String, port: Int)
        /// grpc.health.v1: passing when SERVING. `service` may be empty.
        case grpc(host: String, port: Int, service: String, tls: TLSExpectation?)
        /// Passing when the server acknowledges an HTTP/2 PING frame.
        case http2Ping(host: String, port: Int, tls: TLSExpectation?)
        /// Passing when the server answers `name`/`type` with NOERROR and at least one record.
        case dns(host: String, port: Int, name: String, type: String)
        /// The caller reports in time; silence for `milliseconds` is critical.
        case ttl(milliseconds: Int)
        /// The worst of another instance's checks, or of a node's when `serviceID` is empty.
        /// `node` empty means the check's own node.
        case alias(node: String, serviceID: String)
    }

    /// The type as APIs spell it.
    package var typeName: String {
        switch probe {
        case .http(let http): http.url.lowercased().hasPrefix("https:") ? "https" : "http"
        case .tcp: "tcp"
        case .udp: "udp"
        case .grpc: "grpc"
        case .http2Ping: "h2ping"
        case .dns: "dns"
        case .ttl: "ttl"
        case .alias: "alias"
        }
    }
}

/// An HTTP request whose status tells the health: 2xx passing, 429 warning, all else critical.
package struct HTTPProbe: Codable, Hashable, Sendable {
    /// Absolute, `http:` or `https:`.
    package var url: String
    package var method: String
    package var headers: [String: [String]]
    package var body: String
    package var followsRedirects: Bool
    package var tls: TLSExpectation?

    package init(
        url: String,
        method: String = "GET",
        headers: [String: [String]] = [:],
        body: String = "",
        followsRedirects: Bool = true,
        tls: TLSExpectation? = nil
    ) {
        self.url = url
        self.method = method
        self.headers = headers
        self.body = body
        self.followsRedirects = followsRedirects
        self.tls = tls
    }
}

/// What a TLS probe demands of the server's certificate.
package struct TLSExpectation: Codable, Hashable, Sendable {
    /// The name to verify; empty means the host of the probe.
    package var serverName: String
    package var verifies: Bool

    package init(serverName: String = "", verifies: Bool = true) {
        self.serverName = serverName
        self.verifies = verifies
    }
}
