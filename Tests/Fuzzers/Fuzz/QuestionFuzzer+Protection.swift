import DNSResponder
import DNSWire

/// The same packets to servers that ask for cookies and limit what they send.
extension QuestionFuzzer {
    /// The settings that the bits of the first byte choose.
    static func protection(_ choice: UInt8) -> ProtectionSettings {
        let secrets = ["00112233445566778899aabbccddeeff", "ffeeddccbbaa99887766554433221100"]
        return ProtectionSettings(
            cookies: choice & 8 != 0 ? .required : .on,
            cookieSecrets: secrets.compactMap { CookieSecret(hexadecimal: $0) },
            responsesPerSecond: choice & 16 != 0 ? 2 : 0,
            slip: choice & 32 != 0 ? 0 : 2,
            rateExemptNetworks: networks("192.0.2.0/24"),
            allowedClients: choice & 64 != 0 ? networks("10.0.0.0/8", "fd00::/8") : []
        )
    }

    private static func networks(_ texts: String...) -> [NetworkPrefix] {
        texts.compactMap { NetworkPrefix($0) }
    }

    /// Serves the query several times, as a flood does, and again with the cookie that was given.
    func serveProtected(_ query: [UInt8], choice: UInt8, overTCP: Bool, client: IPAddress?) {
        seconds += 10
        protected.replaceProtection(Self.protection(choice))
        protected.setTime(unixSeconds: Self.startSeconds, milliseconds: seconds &* 1000)
        var last: [UInt8]?
        for _ in 0..<5 {
            guard let reply = protected.serve(query, overTCP: overTCP, client: client) else {
                continue
            }
            check(reply, to: query, overTCP: overTCP)
            last = reply
        }
        guard let last, let client else { return }
        show(cookieOf: last, query, client)
    }

    /// What a server gave a client, it takes from that client.
    private func show(cookieOf reply: [UInt8], _ query: [UInt8], _ client: IPAddress) {
        guard query[2] & 0x78 == 0,
            let given = try? Message(decoding: reply),
            let cookie = given.edns?.options.first(where: { $0.code == EDNS.Option.cookie })?
                .payload,
            let name = given.questions.first?.name
        else { return }
        expect(cookie.count == 24, "a cookie of \(cookie.count) bytes")
        seconds += 10
        protected.setTime(unixSeconds: Self.startSeconds + 60, milliseconds: seconds &* 1000)
        var asked = Message.query(id: 7, name: name, type: .a)
        asked.edns = EDNS(
            udpPayloadBytes: 1232,
            options: [EDNS.Option(code: EDNS.Option.cookie, payload: cookie)]
        )
        let shown = protected.serve(asked.encoded(), overTCP: false, client: client)
        guard let answer = shown.flatMap({ try? Message(decoding: $0) }) else {
            fatalError("no readable answer to a query with its cookie")
        }
        expect(answer.responseCodeValue != 23, "a cookie of ours is refused")
    }
}
