internal import DNSWire
internal import NIOCore
internal import ServiceCatalog

extension ProbeRunner {
    /// Passing when the server answers with NOERROR and at least one record.
    func dns(
        host: String,
        port: Int,
        name: String,
        type: String,
        deadline: ProbeDeadline
    ) async -> ProbeResult {
        let what = "DNS \(type) \(name) at \(Self.spell(host, port))"
        do throws(ProbeFailure) {
            let query = try Self.query(name: name, type: type)
            let bytes = query.encoded()
            let reply = try await reach(host: host, port: port, deadline: deadline) { connection in
                try await connection.datagrams { channel, promise in
                    try channel.pipeline.syncOperations.addHandler(
                        DatagramHandler(payload: bytes, silence: nil, promise: promise) { bytes in
                            Self.reply(in: bytes, to: query)
                        }
                    )
                }
            }
            return Self.judge(reply, what: what)
        } catch {
            return ProbeResult(.critical, "\(what): \(error)", evidence: error.evidence)
        }
    }

    private static func query(name: String, type: String) throws(ProbeFailure) -> Message {
        guard let type = RecordType(type) else {
            throw .unusable("\"\(type)\" is no record type")
        }
        do throws(WireError) {
            var query = Message.query(
                id: .random(in: .min ... .max),
                name: try DomainName(name),
                type: type,
                edns: EDNS(udpPayloadBytes: 1232)
            )
            // The server may be a resolver.
            query.header.recursionDesired = true
            return query
        } catch {
            throw .unusable("\"\(name)\" is no domain name: \(error)")
        }
    }

    /// The message in `bytes` if it answers `query`; strangers' datagrams are not listened to.
    private static func reply(in bytes: [UInt8], to query: Message) -> Message? {
        guard let message = try? Message(decoding: bytes), message.header.isResponse,
            message.header.id == query.header.id, message.questions == query.questions
        else { return nil }
        return message
    }

    private static func judge(_ reply: Message, what: String) -> ProbeResult {
        let code = reply.responseCode?.mnemonic ?? "RCODE\(reply.responseCodeValue)"
        let records = reply.answer.count
        // A truncated answer has more than fits.
        let isAnswered = reply.responseCode == .noError && (records > 0 || reply.header.isTruncated)
        return ProbeResult(
            isAnswered ? .passing : .critical,
            "\(what): \(code), \(records) \(records == 1 ? "record" : "records")"
        )
    }
}
