internal import DNSResponder
internal import DNSWire
internal import NIOCore

/// One question on its way from server to server until one answers.
struct Resolution {
    let key: AnswerCache.Key
    /// In the order in which they are asked.
    let servers: [ListenAddress]
    let timeout: TimeAmount
    let loop: any EventLoop
    /// Told what became of each server that was asked.
    let observe: @Sendable (UpstreamFailure?) -> Void

    private var question: Question { Question(name: key.name, type: key.type) }

    /// Fails with a `ResolutionError` when no server gave an answer.
    func run() -> EventLoopFuture<UpstreamAnswer> { ask(servers[...], failures: []) }

    private func ask(
        _ rest: ArraySlice<ListenAddress>,
        failures: [UpstreamFailure]
    ) -> EventLoopFuture<UpstreamAnswer> {
        guard let server = rest.first else {
            return loop.makeFailedFuture(ResolutionError(failures: failures))
        }
        let exchange = UpstreamExchange(server: server, timeout: timeout, loop: loop)
        return ask(exchange, withEDNS: true).flatMapThrowing { message in
            let answer = try UpstreamAnswer(message, to: question, dnssecOK: key.dnssecOK)
            observe(nil)
            return answer
        }.flatMapError { error in
            let failure = error as? UpstreamFailure ?? .unreachable
            observe(failure)
            return ask(rest.dropFirst(), failures: failures + [failure])
        }
    }

    /// UDP, then TCP when that was too small (RFC 7766 §5); without EDNS when the server knows
    /// none (RFC 6891 §7).
    private func ask(
        _ exchange: UpstreamExchange,
        withEDNS: Bool
    ) -> EventLoopFuture<Message> {
        exchange.ask(query(withEDNS), overTCP: false).flatMap { message in
            if message.header.isTruncated {
                return exchange.ask(query(withEDNS), overTCP: true)
            }
            let isUnknown =
                message.responseCode == .formatError || message.responseCode == .notImplemented
            if withEDNS, isUnknown, message.edns == nil { return ask(exchange, withEDNS: false) }
            return loop.makeSucceededFuture(message)
        }
    }

    private func query(_ withEDNS: Bool) -> Message {
        UpstreamExchange.query(
            question,
            dnssecOK: key.dnssecOK,
            checkingDisabled: key.checkingDisabled,
            withEDNS: withEDNS
        )
    }
}
