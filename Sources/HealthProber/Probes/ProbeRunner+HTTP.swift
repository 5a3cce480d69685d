internal import NIOCore
internal import ServiceCatalog

extension ProbeRunner {
    private static let redirectsMax = 10

    /// 2xx is passing, 429 warning, all else critical.
    ///
    /// Why no HTTP client library: the policy must hold for the very address that is connected
    /// to, at each redirect too, and no connection may be kept or shared: a probe is to show that
    /// new ones are accepted.
    func http(
        _ probe: HTTPProbe,
        outputBytesMax: Int,
        deadline: ProbeDeadline
    ) async -> ProbeResult {
        guard var url = ProbeURL(probe.url) else {
            return ProbeResult(.critical, "\"\(probe.url)\" is no http or https URL")
        }
        var probe = probe
        do throws(ProbeFailure) {
            for _ in 0...Self.redirectsMax {
                let reply = try await request(probe, url, outputBytesMax, deadline)
                guard probe.followsRedirects, let next = redirect(reply, from: url) else {
                    return Self.judge(reply, to: probe, at: url)
                }
                probe.follow(next, from: url, status: reply.status)
                url = next
            }
            return ProbeResult(.critical, "\(Self.spell(probe, url)): too many redirects")
        } catch {
            return ProbeResult(
                .critical,
                "\(Self.spell(probe, url)): \(error)",
                evidence: error.evidence
            )
        }
    }

    private func request(
        _ probe: HTTPProbe,
        _ url: ProbeURL,
        _ outputBytesMax: Int,
        _ deadline: ProbeDeadline
    ) async throws(ProbeFailure) -> HTTPReply {
        let request = try HTTPRequest(probe, to: url)
        return try await reach(host: url.host, port: url.port, deadline: deadline) { connection in
            let tls =
                try url.isSecure ? self.tls(probe.tls ?? TLSExpectation(), host: url.host) : nil
            return try await connection.exchange(tls: tls) { channel, promise in
                try channel.pipeline.syncOperations.addHandler(
                    HTTPExchange(request, tailBytesMax: outputBytesMax) {
                        promise.completeWith($0.mapError { $0 })
                    }
                )
            }
        }
    }

    private func redirect(_ reply: HTTPReply, from url: ProbeURL) -> ProbeURL? {
        guard reply.isRedirect else { return nil }
        return reply.location.flatMap { url.following(location: $0) }
    }

    /// What an answer says about health.
    static func judge(_ reply: HTTPReply, to probe: HTTPProbe, at url: ProbeURL) -> ProbeResult {
        let status: HealthStatus =
            switch reply.status {
            case 200..<300: .passing
            case 429: .warning
            default: .critical
            }
        var text = ""
        text.reserveCapacity(128)
        text += "HTTP \(probe.methodName) "
        text += url.spelled
        text += ": \(reply.status) \(reply.reason) Output: "
        text += String(decoding: reply.bodyTail, as: UTF8.self)
        return ProbeResult(status, text)
    }

    /// `Get "http://10.0.0.1/health"`, as Go's programs begin such errors.
    static func spell(_ probe: HTTPProbe, _ url: ProbeURL) -> String {
        "\(probe.methodName.capitalizedWord) \"\(url.spelled)\""
    }
}

extension HTTPProbe {
    var methodName: String { method.isEmpty || method == "GET" ? "GET" : method.uppercased() }

    /// Turns the request into that of a redirect (RFC 9110 §15.4).
    fileprivate mutating func follow(_ next: ProbeURL, from url: ProbeURL, status: Int) {
        let becomesGET =
            status == 303 && methodName != "HEAD" || status < 303 && methodName == "POST"
        if becomesGET {
            method = "GET"
            body = ""
        }
        guard !next.hasSameOrigin(as: url) else { return }
        // What was meant for one server is not for another.
        let secret: Set = ["authorization", "cookie", "host", "proxy-authorization"]
        headers = headers.filter { !secret.contains($0.key.lowercased()) }
        tls?.serverName = ""
    }
}

extension HTTPReply {
    var isRedirect: Bool { [301, 302, 303, 307, 308].contains(status) }
}

extension String {
    fileprivate var capitalizedWord: String { prefix(1).uppercased() + dropFirst().lowercased() }
}
