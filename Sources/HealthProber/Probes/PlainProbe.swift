internal import DNSWire
internal import NIOCore
internal import ServiceCatalog

/// A probe that needs one connection to one known address, without TLS: what most checks are.
struct PlainProbe: Sendable {
    /// What is asked once the connection is open.
    enum Question: Sendable {
        /// Nothing: that it opens is the answer.
        case connect(target: String)
        case request(HTTPRequest, HTTPProbe, ProbeURL)
    }

    let start: Prober.StartedProbe
    let address: SocketAddress
    let question: Question

    var timeout: Duration { .milliseconds(max(start.definition.timeoutMilliseconds, 1)) }

    /// What came of it; nil when more than one connection is needed to know.
    func result(of reply: HTTPReply) -> ProbeResult? {
        guard case .request(_, let probe, let url) = question else { return nil }
        if probe.followsRedirects, reply.isRedirect, reply.location != nil { return nil }
        return ProbeRunner.judge(reply, to: probe, at: url)
    }

    func result(of failure: ProbeFailure) -> ProbeResult {
        let what =
            switch question {
            case .connect(let target): "TCP connect \(target)"
            case .request(_, let probe, let url): ProbeRunner.spell(probe, url)
            }
        return ProbeResult(.critical, "\(what): \(failure)", evidence: failure.evidence)
    }
}

extension ProbeRunner {
    /// The plain form of a probe; nil when it has none, or is wrong: then `run` knows more.
    func plainProbe(_ start: Prober.StartedProbe) -> PlainProbe? {
        switch start.definition.probe {
        case .http(let probe):
            guard let url = ProbeURL(plain: probe.url),
                let address = knownAddress(host: url.host, port: url.port),
                let request = try? HTTPRequest(probe, to: url)
            else { return nil }
            return PlainProbe(
                start: start,
                address: address,
                question: .request(request, probe, url)
            )
        case .tcp(let host, let port, nil):
            guard let address = knownAddress(host: host, port: port) else { return nil }
            return PlainProbe(
                start: start,
                address: address,
                question: .connect(target: Self.spell(host, port))
            )
        default:
            return nil
        }
    }

    /// The address of `host`, when it may be probed and needs no look-up.
    private func knownAddress(host: String, port: Int) -> SocketAddress? {
        guard (1...65_535).contains(port) else { return nil }
        if let address = IPAddress(host) {
            guard policy.permits(address) else { return nil }
            return try? SocketAddress(ipAddress: host, port: port)
        }
        // With several addresses the next is tried when one is silent.
        guard let addresses = resolver.cachedAddresses(of: host), addresses.count == 1,
            policy.permits(addresses[0])
        else { return nil }
        return try? SocketAddress(ipAddress: addresses[0].description, port: port)
    }
}
