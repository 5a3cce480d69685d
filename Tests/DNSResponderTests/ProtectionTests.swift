import DNSWire
import Testing

@testable import DNSResponder

@Suite("Whom to answer, and how much")
struct ProtectionTests {
    /// Made anew each time: the leak detector does not see what a constant of this type holds.
    private static var changes: [TableChange] {
        [
            .zone(testZone("consul.")), .zone(testZone("example.")),
            published("web.consul.", addresses("10.0.0.1")),
            published("api.consul.", addresses("10.0.0.2")),
            published(
                "wild.consul.",
                addresses("10.0.0.3"),
                below: .wildcard([addresses("10.0.0.4")])
            ),
            published("big.consul.", addresses((0..<200).map { "10.0.0.\($0)" })),
        ]
    }

    private func server(_ protection: ProtectionSettings) throws -> InProcessServer {
        try makeServer(
            Self.changes,
            configuration: ResponderConfiguration(listen: [], protection: protection)
        )
    }

    private func query(_ name: DomainName, _ type: RecordType = .a) -> [UInt8] {
        Message.query(id: 9, name: name, type: type, edns: EDNS(udpPayloadBytes: 1232)).encoded()
    }

    private func networks(_ texts: String...) -> [NetworkPrefix] {
        texts.compactMap { NetworkPrefix($0) }
    }

    // MARK: Networks

    @Test("a set of networks holds just the addresses of its networks")
    func networkSet() throws {
        let texts = [
            "10.0.0.0/8", "10.1.0.0/16", "192.0.2.7", "0.0.0.0/32", "255.255.255.255/32",
            "2001:db8::/32", "2001:db9::1/128", "::ffff:198.51.100.0/120", "fe80::/10",
        ]
        let set = unsafe NetworkSet(texts.compactMap { NetworkPrefix($0) })
        defer { unsafe set.deallocate() }
        for (text, isIn) in [
            ("10.255.255.255", true), ("9.255.255.255", false), ("11.0.0.0", false),
            ("192.0.2.7", true), ("192.0.2.6", false), ("192.0.2.8", false), ("0.0.0.0", true),
            ("255.255.255.255", true), ("2001:db8:ffff::", true), ("2001:db9::1", true),
            ("2001:db9::2", false), ("2001:db7:ffff:ffff:ffff:ffff:ffff:ffff", false),
            ("::ffff:10.3.2.1", true), ("198.51.100.9", true), ("::ffff:9.9.9.9", false),
            ("::10.0.0.1", false), ("fe80::1", true),
        ] {
            #expect(unsafe set.contains(try #require(IPAddress(text))) == isIn, "\(text)")
        }
    }

    @Test("a set of random networks agrees with its networks, one by one")
    func networkSetAgrees() {
        var random = SystemRandomNumberGenerator()
        for _ in 0..<200 {
            let networks = (0..<Int.random(in: 0...6, using: &random)).compactMap { _ in
                // Few different bits, so that they often meet.
                let value = UInt32.random(in: 0...15, using: &random) << 28
                let address = IPAddress.v4(value | UInt32.random(in: 0...3, using: &random))
                return NetworkPrefix("\(address)/\(Int.random(in: 0...32, using: &random))")
            }
            let set = unsafe NetworkSet(networks)
            defer { unsafe set.deallocate() }
            for _ in 0..<50 {
                let value = UInt32.random(in: 0...15, using: &random) << 28
                let address = IPAddress.v4(value | UInt32.random(in: 0...3, using: &random))
                #expect(
                    unsafe set.contains(address) == networks.contains { $0.contains(address) },
                    "\(networks) \(address)"
                )
            }
        }
    }

    // MARK: Allowed clients

    @Test("clients of other networks get REFUSED with the reason, over UDP and TCP")
    func allowedClients() throws {
        let server = try server(
            ProtectionSettings(allowedClients: networks("10.0.0.0/8", "2001:db8::/32"))
        )
        for overTCP in [false, true] {
            for (text, isAllowed) in [
                ("10.1.2.3", true), ("::ffff:10.1.2.3", true), ("2001:db8::1", true),
                ("192.0.2.1", false), ("2001:db9::1", false),
            ] {
                let reply = try #require(
                    server.serve(query("web.consul."), overTCP: overTCP, client: IPAddress(text))
                )
                let message = try Message(decoding: reply)
                #expect(message.responseCode == (isAllowed ? .noError : .refused), "\(text)")
                #expect(message.answer.isEmpty != isAllowed)
                #expect(
                    message.edns?.extendedErrors
                        == (isAllowed
                            ? []
                            : [ExtendedError(infoCode: ExtendedError.prohibited, extraText: "")])
                )
            }
        }
        #expect(server.currentCounters().prohibited == 4)
        server.replaceProtection(ProtectionSettings())
        let reply = try #require(
            server.serve(query("web.consul."), client: IPAddress("192.0.2.1"))
        )
        #expect(try Message(decoding: reply).answer.count == 1)
    }

    // MARK: Rates

    private enum Outcome: Equatable { case full, empty, silent }

    private func ask(
        _ server: InProcessServer,
        _ query: [UInt8],
        from client: String = "192.0.2.1",
        overTCP: Bool = false
    ) throws -> Outcome {
        guard let bytes = server.serve(query, overTCP: overTCP, client: IPAddress(client)) else {
            return .silent
        }
        let reply = try Message(decoding: bytes)
        guard reply.header.isTruncated else { return .full }
        #expect(reply.responseCode == .noError)
        #expect(reply.answer.isEmpty && reply.authority.isEmpty && reply.additional.isEmpty)
        #expect(bytes.count <= query.count)
        return .empty
    }

    @Test("over the rate every second reply is empty with TC and the others are left out")
    func rate() throws {
        let server = try server(ProtectionSettings(responsesPerSecond: 10))
        server.setTime(unixSeconds: 0, milliseconds: 5_000)
        let outcomes = try (0..<20).map { _ in try ask(server, query("web.consul.")) }
        #expect(outcomes.prefix(10).allSatisfy { $0 == .full })
        #expect(
            outcomes.dropFirst(10) == [
                .silent, .empty, .silent, .empty, .silent, .empty, .silent, .empty, .silent, .empty,
            ]
        )
        #expect(server.currentCounters().rateLimitedDropped == 5)
        #expect(server.currentCounters().rateLimitedTruncated == 5)
        // A neighbour is the same client, another network is not, and neither is another name.
        #expect(try ask(server, query("web.consul."), from: "192.0.2.200") != .full)
        #expect(try ask(server, query("web.consul."), from: "192.0.3.1") == .full)
        #expect(try ask(server, query("api.consul.")) == .full)
        #expect(try ask(server, query("web.consul."), overTCP: true) == .full)
        // Half a second gives half of the rate back.
        server.setTime(unixSeconds: 0, milliseconds: 5_500)
        let later = try (0..<8).map { _ in try ask(server, query("web.consul.")) }
        #expect(later.filter { $0 == .full }.count == 5)
    }

    @Test("IPv6 clients count by /56, and a slip of 0 answers none of the rest")
    func slipOff() throws {
        let server = try server(ProtectionSettings(responsesPerSecond: 1, slip: 0))
        server.setTime(unixSeconds: 0, milliseconds: 0)
        #expect(try ask(server, query("web.consul."), from: "2001:db8:0:100::1") == .full)
        for _ in 0..<4 {
            #expect(try ask(server, query("web.consul."), from: "2001:db8:0:1ff::2") == .silent)
        }
        #expect(try ask(server, query("web.consul."), from: "2001:db8:0:200::1") == .full)
    }

    @Test("random names are of one kind: denied by a zone, made by a wildcard, or nobody's")
    func kinds() throws {
        for suffix in ["consul.", "wild.consul.", "nowhere."] {
            let server = try server(ProtectionSettings(responsesPerSecond: 5, slip: 0))
            server.setTime(unixSeconds: 0, milliseconds: 0)
            let outcomes = try (0..<50).map {
                try ask(server, query(name("n\($0).\(suffix)")))
            }
            #expect(outcomes.filter { $0 == .full }.count == 5, "\(suffix)")
        }
        // NODATA is denied as well; another zone denies for itself.
        let server = try server(ProtectionSettings(responsesPerSecond: 1, slip: 0))
        server.setTime(unixSeconds: 0, milliseconds: 0)
        #expect(try ask(server, query("gone.consul.")) == .full)
        #expect(try ask(server, query("web.consul.", .aaaa)) == .silent)
        #expect(try ask(server, query("gone.example.")) == .full)
    }

    @Test("exempt networks and clients that show a good cookie have no rate")
    func exempt() throws {
        let server = try server(
            ProtectionSettings(
                responsesPerSecond: 1,
                slip: 0,
                rateExemptNetworks: networks("127.0.0.0/8")
            )
        )
        server.setTime(unixSeconds: 1_000_000, milliseconds: 0)
        for _ in 0..<5 {
            #expect(try ask(server, query("web.consul."), from: "127.0.0.1") == .full)
        }
        let half = EDNS.Option(code: EDNS.Option.cookie, payload: [1, 2, 3, 4, 5, 6, 7, 8])
        var edns = EDNS(udpPayloadBytes: 1232, options: [half])
        func cookieQuery() -> [UInt8] {
            Message.query(id: 9, name: "web.consul.", type: .a, edns: edns).encoded()
        }
        let client = IPAddress("192.0.2.1")
        let first = try #require(server.serve(cookieQuery(), client: client))
        edns.options = try #require(try Message(decoding: first).edns).options
        for _ in 0..<5 { #expect(try ask(server, cookieQuery()) == .full) }
        edns.options = [half]
        #expect(try ask(server, cookieQuery()) == .silent)
    }

    @Test("workers share a rate, and a full table forgets nobody who is over it")
    func table() {
        let rates = RateLimiter.Rates(responsesPerSecond: 100, workers: 4, slip: 0)
        var limiter = RateLimiter()
        let busy = limiter.identity(of: .v4(0xC000_0201), kind: 1)
        for _ in 0..<100 { _ = limiter.take(busy, rates, milliseconds: 0) }
        #expect(limiter.take(busy, rates, milliseconds: 0) == .drop)
        for other in 0..<200_000 {
            let identity = limiter.identity(of: .v4(UInt32(other) << 8), kind: 2)
            _ = limiter.take(identity, rates, milliseconds: 0)
        }
        #expect(limiter.take(busy, rates, milliseconds: 0) == .drop)
        let sent = (0..<100).filter { _ in
            limiter.take(busy, rates, milliseconds: 1000) == .send
        }
        #expect(sent.count == 25)
    }

    // MARK: Size

    @Test("no UDP reply is larger than the client takes, nor one to garbage than it and an OPT")
    func amplification() throws {
        let server = try server(ProtectionSettings())
        var random = SystemRandomNumberGenerator()
        let names: [DomainName] = ["web.consul.", "big.consul.", "no.wild.consul.", "x.y."]
        for _ in 0..<20_000 {
            let size = UInt16.random(in: 0...5000, using: &random)
            var edns: EDNS?
            if Bool.random(using: &random) {
                edns = EDNS(udpPayloadBytes: size, dnssecOK: .random(using: &random))
                let cookie = [UInt8](repeating: 7, count: .random(in: 0...42, using: &random))
                edns?.options = [EDNS.Option(code: EDNS.Option.cookie, payload: cookie)]
            }
            let query = Message.query(
                id: .random(in: 0...UInt16.max, using: &random),
                name: names.randomElement(using: &random) ?? "consul.",
                type: [.a, .any, .soa, .txt].randomElement(using: &random) ?? .a,
                edns: edns
            ).encoded()
            if let reply = server.serve(query, client: IPAddress("192.0.2.1")) {
                let taken = edns == nil ? 512 : max(512, min(Int(size), 1232))
                #expect(reply.count <= taken)
            }
            var garbage = query
            for _ in 0..<Int.random(in: 1...8, using: &random) {
                let place = Int.random(in: 0..<garbage.count, using: &random)
                garbage[place] = .random(in: 0...255, using: &random)
            }
            garbage = Array(garbage.prefix(.random(in: 0...garbage.count, using: &random)))
            let reply = server.serve(garbage, client: IPAddress("192.0.2.1"))
            if garbage.count < 12 || garbage[2] & 0x80 != 0 {
                #expect(reply == nil)
            } else if let reply, [1, 4].contains(reply[3] & 0x0F) {
                // FORMERR and NOTIMP: the question, and an OPT with a server's half of a cookie.
                #expect(reply.count <= garbage.count + 11 + ServerCookie.bytes)
            }
            #expect((reply?.count ?? 0) <= 1232)
        }
    }
}

private func addresses(_ texts: [String]) -> PublishedRRset {
    PublishedRRset(type: .a, ttlSeconds: 5, rdata: texts.compactMap { IPAddress($0)?.rdata })
}
