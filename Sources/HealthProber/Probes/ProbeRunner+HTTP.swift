internal import NIOCore
internal import NIOHTTP1
internal import ServiceCatalog

extension ProbeRunner {
    private static let redirectsMax = 10

    /// 2xx is passing, 429 warning, all else critical.
    ///
    /// Why no HTTP client library: the policy must hold for the very address that is connected
    /// to, at each redirect too, and no connection may be kept or shared.
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
                    return judge(reply, probe, url, outputBytesMax)
                }
                probe.follow(next, from: url, status: reply.head.status.code)
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
    ) async throws(ProbeFailure) -> HTTPReplyHandler.Reply {
        let head = Self.head(of: probe, url)
        return try await reach(host: url.host, port: url.port, deadline: deadline) { connection in
            let tls =
                try url.isSecure ? self.tls(probe.tls ?? TLSExpectation(), host: url.host) : nil
            return try await connection.exchange(tls: tls) { channel, promise in
                try channel.pipeline.syncOperations.addHTTPClientHandlers()
                try channel.pipeline.syncOperations.addHandler(
                    HTTPReplyHandler(
                        request: head,
                        body: probe.body,
                        tailBytesMax: outputBytesMax,
                        promise: promise
                    )
                )
            }
        }
    }

    private static func head(of probe: HTTPProbe, _ url: ProbeURL) -> HTTPRequestHead {
        var headers = HTTPHeaders()
        for (name, values) in probe.headers {
            for value in values { headers.add(name: name, value: value) }
        }
        let defaults = [
            ("Host", url.authority),
            ("User-Agent", "Rollcall Health Check"),
            ("Accept", "text/plain, text/*, */*"),
        ]
        for (name, value) in defaults where !headers.contains(name: name) {
            headers.add(name: name, value: value)
        }
        if let authorization = url.basicAuthorization, !headers.contains(name: "Authorization") {
            headers.add(name: "Authorization", value: authorization)
        }
        headers.replaceOrAdd(name: "Connection", value: "close")
        headers.remove(name: "Transfer-Encoding")
        headers.remove(name: "Content-Length")
        if !probe.body.isEmpty {
            headers.add(name: "Content-Length", value: "\(probe.body.utf8.count)")
        }
        return HTTPRequestHead(
            version: .http1_1,
            method: HTTPMethod(rawValue: probe.methodName),
            uri: url.target,
            headers: headers
        )
    }

    private func redirect(_ reply: HTTPReplyHandler.Reply, from url: ProbeURL) -> ProbeURL? {
        guard [301, 302, 303, 307, 308].contains(reply.head.status.code) else { return nil }
        return reply.head.headers.first(name: "Location").flatMap { url.following(location: $0) }
    }

    private func judge(
        _ reply: HTTPReplyHandler.Reply,
        _ probe: HTTPProbe,
        _ url: ProbeURL,
        _ outputBytesMax: Int
    ) -> ProbeResult {
        let status: HealthStatus =
            switch reply.head.status.code {
            case 200..<300: .passing
            case 429: .warning
            default: .critical
            }
        let code = "\(reply.head.status.code) \(reply.head.status.reasonPhrase)"
        let body = String(decoding: reply.bodyTail, as: UTF8.self)
        let text = "HTTP \(probe.methodName) \(url.spelled): \(code) Output: \(body)"
        return ProbeResult(status, text)
    }

    /// `Get "http://10.0.0.1/health"`, as Go's programs begin such errors.
    private static func spell(_ probe: HTTPProbe, _ url: ProbeURL) -> String {
        "\(probe.methodName.capitalizedWord) \"\(url.spelled)\""
    }
}

extension HTTPProbe {
    fileprivate var methodName: String { method.isEmpty ? "GET" : method.uppercased() }

    /// Turns the request into that of a redirect (RFC 9110 §15.4).
    fileprivate mutating func follow(_ next: ProbeURL, from url: ProbeURL, status: UInt) {
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

extension String {
    fileprivate var capitalizedWord: String { prefix(1).uppercased() + dropFirst().lowercased() }
}
