import DNSWire
import Testing

@testable import DNSResponder

/// The bytes that pairs of hexadecimal digits spell.
private func bytes(_ hexadecimal: String) -> [UInt8] {
    let digits = Array(hexadecimal)
    return stride(from: 0, to: digits.count, by: 2).compactMap {
        UInt8(String(digits[$0...$0 + 1]), radix: 16)
    }
}

@Suite("DNS cookies")
struct CookieTests {
    private static let secret = "e5e973e5a6b2a43f48e7dc849e37bfcf"
    private static let client = IPAddress("198.51.100.100")
    private static let learned: UInt32 = 1_559_731_985
    private static let cookie = bytes("2464c4abcf10c957010000005cf79f111f8130c3eee29480")
    private static let changes: [TableChange] = [
        .zone(testZone("consul.")), published("web.consul.", addresses("10.0.0.1")),
        published(
            "big.consul.",
            PublishedRRset(type: .a, ttlSeconds: 5, rdata: (0..<200).map { IPAddress.v4($0).rdata })
        ),
        .name(PublishedName(name: "slow.consul.", here: .fallback)),
    ]

    private func server(
        _ cookies: ProtectionSettings.Cookies = .on,
        secrets: [String] = [secret]
    ) throws -> InProcessServer {
        try makeServer(
            Self.changes,
            configuration: ResponderConfiguration(
                listen: [],
                protection: ProtectionSettings(
                    cookies: cookies,
                    cookieSecrets: secrets.compactMap { CookieSecret(hexadecimal: $0) }
                )
            )
        )
    }

    private func query(
        _ cookies: [UInt8]...,
        name: DomainName = "web.consul.",
        version: UInt8 = 0
    ) -> [UInt8] {
        var edns = EDNS(udpPayloadBytes: 1232, version: version)
        edns.options = cookies.map { EDNS.Option(code: EDNS.Option.cookie, payload: $0) }
        return Message.query(id: 7, name: name, type: .a, edns: edns).encoded()
    }

    private func ask(
        _ server: InProcessServer,
        _ query: [UInt8],
        at seconds: UInt32 = learned,
        from client: IPAddress? = client,
        overTCP: Bool = false
    ) throws -> Message {
        server.setTime(unixSeconds: seconds, milliseconds: 0)
        let reply = try #require(server.serve(query, overTCP: overTCP, client: client))
        return try Message(decoding: reply)
    }

    private func cookie(of reply: Message) -> [UInt8]? {
        let all = reply.edns?.options.filter { $0.code == EDNS.Option.cookie } ?? []
        #expect(all.count <= 1)
        return all.first?.payload
    }

    @Test("RFC 9018 A.1, A.2: a client learns a cookie, and a fresh one after forty minutes")
    func learning() throws {
        let server = try server()
        let first = try ask(server, query(Array(Self.cookie.prefix(8))))
        #expect(cookie(of: first) == Self.cookie)
        #expect(first.answer.count == 1)
        let later = try ask(server, query(Self.cookie), at: Self.learned + 2400)
        #expect(
            cookie(of: later) == bytes("2464c4abcf10c957010000005cf7a871d4a564a1442aca77")
        )
        let counters = server.currentCounters()
        #expect(counters.cookiesNew == 1 && counters.cookiesValid == 1)
    }

    @Test("RFC 9018 A.3: reserved bytes are hashed as they came, and not repeated")
    func reserved() throws {
        let server = try server(.required)
        let shown = bytes("fc93fc62807ddb8601abcdef5cf78f71a314227b6679ebf5")
        let client = IPAddress("203.0.113.203")
        let reply = try ask(server, query(shown), at: 0x5cf7_a9ac, from: client)
        #expect(
            cookie(of: reply) == bytes("fc93fc62807ddb86010000005cf7a9acf73a7810aca2381e")
        )
    }

    @Test("RFC 9018 A.4: a cookie of the second secret is good, and renewed with the first")
    func rollover() throws {
        let server = try server(
            .required,
            secrets: ["445536bcd2513298075a5d379663c962", "dd3bdf9344b678b185a6f5cb60fca715"]
        )
        let client = IPAddress("2001:db8:220:1:59de:d0f4:8769:82b8")
        let shown = bytes("22681ab97d52c298010000005cf7c57926556bd0934c72f8")
        let reply = try ask(server, query(shown), at: 0x5cf7_c609, from: client)
        #expect(reply.responseCode == .noError && reply.answer.count == 1)
        #expect(
            cookie(of: reply) == bytes("22681ab97d52c298010000005cf7c609a6bb79d16625507a")
        )
    }

    @Test(
        "a cookie is good from five minutes ahead to an hour back, and kept for half an hour",
        arguments: [
            (-301, false, false), (-300, true, true), (0, true, true), (1800, true, true),
            (1801, true, false), (3600, true, false), (3601, false, false),
        ]
    )
    func times(age: Int, isGood: Bool, isKept: Bool) throws {
        let server = try server(.required)
        let now = UInt32(Int(Self.learned) + age)
        let reply = try ask(server, query(Self.cookie), at: now)
        #expect(reply.responseCode == (isGood ? .noError : .badCookie))
        #expect(reply.answer.count == (isGood ? 1 : 0))
        #expect((cookie(of: reply) == Self.cookie) == isKept)
        // What comes with BADCOOKIE is good.
        let given = try #require(cookie(of: reply))
        let again = try ask(server, query(given), at: now)
        #expect(again.responseCode == .noError && again.answer.count == 1)
    }

    @Test("a cookie of another client, address, version or secret is none of ours")
    func foreign() throws {
        let server = try server(.required)
        var otherClient = Self.cookie
        otherClient[0] ^= 1
        var otherVersion = Self.cookie
        otherVersion[8] = 2
        var otherHash = Self.cookie
        otherHash[23] ^= 1
        for shown in [
            otherClient, otherVersion, otherHash, Self.cookie + [0], Self.cookie.dropLast(),
        ] {
            #expect(try ask(server, query(shown)).responseCode == .badCookie)
        }
        let elsewhere = try ask(server, query(Self.cookie), from: IPAddress("198.51.100.101"))
        #expect(elsewhere.responseCode == .badCookie)
        #expect(server.currentCounters().cookiesInvalid == 6)
    }

    @Test(
        "a cookie of a length that cannot be is FORMERR without one",
        arguments: [0, 1, 7, 9, 15, 41, 60]
    )
    func malformed(count: Int) throws {
        let server = try server()
        let reply = try ask(server, query([UInt8](repeating: 1, count: count)))
        #expect(reply.responseCode == .formatError)
        #expect(reply.edns != nil && cookie(of: reply) == nil)
        #expect(server.currentCounters().cookiesMalformed == 1)
        let off = try self.server(.off)
        let passed = try ask(off, query([UInt8](repeating: 1, count: count)))
        #expect(passed.responseCode == .noError && passed.answer.count == 1)
    }

    @Test("of several cookies the first counts, and without one or switched off there is none")
    func presence() throws {
        let half = Array(Self.cookie.prefix(8))
        #expect(try cookie(of: ask(server(), query(half, [1, 2, 3]))) == Self.cookie)
        #expect(try cookie(of: ask(server(), query())) == nil)
        #expect(try cookie(of: ask(server(.off), query(half))) == nil)
    }

    @Test("errors, truncated replies, the slow path and TCP have the cookie too, BADVERS not")
    func everywhere() throws {
        let server = try server()
        let half = Array(Self.cookie.prefix(8))
        for (name, code) in [
            ("gone.consul.", ResponseCode.nameError), ("www.example.", .refused),
            ("slow.consul.", .serverFailure), ("big.consul.", .noError),
        ] as [(DomainName, ResponseCode)] {
            for overTCP in [false, true] {
                let reply = try ask(server, query(half, name: name), overTCP: overTCP)
                #expect(reply.responseCode == code)
                #expect(cookie(of: reply) == Self.cookie)
                #expect(reply.header.isTruncated == (name == "big.consul." && !overTCP))
            }
        }
        let version = try ask(server, query(half, version: 1))
        #expect(version.responseCode == .badVersion)
        // What the options of another version mean is not known.
        #expect(cookie(of: version) == nil)
    }

    @Test("required: without a cookie TC over UDP, with a half BADCOOKIE, all over TCP")
    func required() throws {
        let server = try server(.required)
        let bare = Message.query(id: 1, name: "web.consul.", type: .a).encoded()
        for query in [bare, query()] {
            let small = try ask(server, query)
            #expect(small.responseCode == .noError && small.header.isTruncated)
            #expect(small.answer.isEmpty && small.questions.count == 1)
            let whole = try ask(server, query, overTCP: true)
            #expect(whole.answer.count == 1 && !whole.header.isTruncated)
        }
        let half = try ask(server, query(Array(Self.cookie.prefix(8))))
        #expect(half.responseCode == .badCookie && half.answer.isEmpty)
        #expect(cookie(of: half) == Self.cookie)
    }

    @Test("a query without a question asks for a cookie alone")
    func withoutQuestion() throws {
        let server = try server()
        func cookieQuery(_ shown: [UInt8]?) -> [UInt8] {
            var message = Message.query(id: 3, name: "web.consul.", type: .a)
            message.questions = []
            var edns = EDNS(udpPayloadBytes: 1232)
            if let shown { edns.options = [EDNS.Option(code: EDNS.Option.cookie, payload: shown)] }
            message.edns = edns
            return message.encoded()
        }
        let given = try ask(server, cookieQuery(Array(Self.cookie.prefix(8))))
        #expect(given.responseCode == .noError)
        #expect(given.questions.isEmpty && given.answer.isEmpty && given.authority.isEmpty)
        #expect(cookie(of: given) == Self.cookie)
        var forged = Self.cookie
        forged[20] ^= 1
        #expect(try ask(server, cookieQuery(forged)).responseCode == .badCookie)
        #expect(try ask(server, cookieQuery(nil)).responseCode == .formatError)
        #expect(
            try ask(self.server(.off), cookieQuery(Self.cookie)).responseCode == .formatError
        )
    }

    @Test("other secrets take effect while it runs; without any the own one stays")
    func replacement() throws {
        let server = try server()
        let half = Array(Self.cookie.prefix(8))
        server.replaceProtection(ProtectionSettings(cookies: .required))
        let own = try #require(try cookie(of: ask(server, query(half))))
        #expect(own != Self.cookie)
        let strange = try ask(server, query(Self.cookie))
        #expect(strange.responseCode == .badCookie)
        server.replaceProtection(ProtectionSettings(cookies: .on))
        #expect(try cookie(of: ask(server, query(half))) == own)
    }

    @Test("a secret is 32 hexadecimal digits and shows nothing of itself")
    func secrets() throws {
        let secret = try #require(CookieSecret(hexadecimal: Self.secret.uppercased()))
        #expect(secret == CookieSecret(hexadecimal: Self.secret))
        #expect("\(secret) \(String(reflecting: secret))" == "(hidden) (hidden)")
        for text in ["", "e5", Self.secret + "0", Self.secret.dropLast() + "g"] {
            #expect(CookieSecret(hexadecimal: text) == nil)
        }
    }
}
