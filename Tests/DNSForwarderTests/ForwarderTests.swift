import DNSResponder
import DNSWire
import NIOCore
import Synchronization
import TestSupport
import Testing

@testable import DNSForwarder

/// An alias at `alias.consul.` that leads outside.
private struct AliasFallback: QueryFallback {
    static let alias = record("alias.consul.", .cname, 5, name("www.example.org.").wire)

    func answer(_ query: FallbackQuery) -> FallbackReply {
        FallbackReply(
            responseCode: .noError,
            answer: [Self.alias],
            outsideTarget: "www.example.org."
        )
    }
}

extension DomainName: ExpressibleByStringLiteral {
    /// See `name`.
    public init(stringLiteral text: String) { self = name(text) }
}

/// A server with the domain `consul.` and the reverse zone of 10.0.0.0/8 in front of fake servers.
private struct Setting {
    let forwarder: Forwarder
    let responder: Responder
    let clock: Clock
    var client: DNSClient

    /// A clock that a test puts forward.
    final class Clock: Sendable {
        private let time = Mutex(NIODeadline.now())
        var now: NIODeadline { time.withLock { $0 } }
        func advance(seconds: Int64) { time.withLock { $0 = $0 + .seconds(seconds) } }
    }

    init(_ servers: [ListenAddress], change: (inout ForwarderSettings) -> Void = { _ in }) throws {
        var settings = ForwarderSettings(servers: servers, timeout: .milliseconds(300))
        change(&settings)
        let clock = Clock()
        forwarder = Forwarder(settings: settings) { clock.now }
        self.clock = clock
        let table = AnswerTable(readers: 1)
        try table.apply([
            .zone(Self.zone("consul.")), .zone(Self.zone("10.in-addr.arpa.", forwards: true)),
            .name(PublishedName(name: "alias.consul.", here: .fallback)),
        ])
        responder = try Responder(
            configuration: ResponderConfiguration(
                listen: [ListenAddress(address: .v4(0x7F00_0001), port: 0)],
                setsRecursionAvailable: true
            ),
            table: table,
            fallback: AliasFallback(),
            forwarder: forwarder
        )
        responder.start()
        client = DNSClient(port: responder.boundAddresses[0].port)
    }

    private static func zone(_ apex: DomainName, forwards: Bool = false) -> PublishedZone {
        PublishedZone(
            apex: apex,
            primary: apex,
            mailbox: apex,
            serial: 1,
            refreshSeconds: 1,
            retrySeconds: 1,
            expireSeconds: 1,
            minimumSeconds: 1,
            ttlSeconds: 1,
            forwardsMisses: forwards
        )
    }

    /// Asks with RD set, off the pool of tasks, since the client blocks.
    func ask(
        _ asked: DomainName,
        _ type: RecordType = .a,
        over kind: NetworkSocket.Kind = .udp,
        recursion: Bool = true,
        dnssecOK: Bool = false
    ) async throws -> Message {
        var query = Message.query(
            id: .random(in: 0...(.max)),
            name: asked,
            type: type,
            edns: EDNS(udpPayloadBytes: 1232, dnssecOK: dnssecOK)
        )
        query.header.recursionDesired = recursion
        let bytes = query.encoded()
        let client = client
        let answer = Mutex<[UInt8]?>(nil)
        let thread = BackgroundThread { _ in
            let reply = try? kind == .udp ? client.exchangeUDP(bytes) : client.exchangeTCP(bytes)
            answer.withLock { $0 = reply }
        }
        try await thread.untilEnd()
        let reply = try Message(decoding: try #require(answer.withLock { $0 }))
        #expect(reply.header.id == query.header.id)
        #expect(reply.questions == query.questions)
        #expect(reply.header.recursionAvailable)
        #expect(reply.edns != nil)
        return reply
    }
}

@Suite("Names outside our zones, with recursors")
struct ForwarderTests {
    @Test("an answer comes through, from memory the second time, its TTL counted down")
    func answer() async throws {
        let upstream = try await FakeUpstream.start { query, _ in [query.address().encoded()] }
        let setting = try Setting([upstream.address])
        defer { setting.responder.stop() }
        let first = try await setting.ask("www.Example.org.")
        #expect(first.responseCode == .noError)
        #expect(!first.header.isAuthoritative)
        #expect(first.answer == [record("www.example.org.", .a, 60, [192, 0, 2, 1])])
        setting.clock.advance(seconds: 20)
        for kind in [NetworkSocket.Kind.udp, .tcp] {
            let second = try await setting.ask("WWW.example.org.", over: kind)
            #expect(second.answer.map(\.ttlSeconds) == [40])
        }
        #expect(upstream.queries.count == 1)
        #expect(upstream.queries.allSatisfy { $0.header.recursionDesired && $0.edns != nil })
        setting.clock.advance(seconds: 41)
        #expect(try await setting.ask("www.example.org.").answer.map(\.ttlSeconds) == [60])
        #expect(upstream.queries.count == 2)
        let metrics = setting.forwarder.metrics
        #expect(metrics.queries == 4)
        #expect(metrics.cacheHits == 2)
        #expect(metrics.exchanges["answered"] == 2)
        #expect(metrics.resolutions == 2)
        #expect(metrics.cacheEntries == 1)
        try await upstream.stop()
    }

    @Test("reverse names that are not ours go out; our own names and misses do not")
    func whatGoesOut() async throws {
        let upstream = try await FakeUpstream.start { query, _ in
            [query.answered(.nameError).encoded()]
        }
        let setting = try Setting([upstream.address])
        defer { setting.responder.stop() }
        #expect(try await setting.ask("1.2.3.10.in-addr.arpa.", .ptr).responseCode == .nameError)
        #expect(upstream.queries.map(\.questions).count == 1)
        let own = try await setting.ask("nope.consul.")
        #expect(own.responseCode == .nameError && own.header.isAuthoritative)
        let plain = try await setting.ask("www.example.org.", recursion: false)
        #expect(plain.responseCode == .refused)
        let ours = try await setting.ask("1.2.3.10.in-addr.arpa.", .ptr, recursion: false)
        #expect(ours.responseCode == .nameError && ours.header.isAuthoritative)
        #expect(upstream.queries.count == 1)
        try await upstream.stop()
    }

    @Test("the chain behind an alias of ours is completed with the type that was asked for")
    func alias() async throws {
        let upstream = try await FakeUpstream.start { query, _ in
            let asked = query.questions[0]
            return [
                query.answered(
                    answer: asked.type == .aaaa
                        ? [] : [record(asked.name, .a, 60, [192, 0, 2, 1])],
                    authority: [denial("example.org.", ttlSeconds: 60, minimum: 60)]
                ).encoded()
            ]
        }
        let setting = try Setting([upstream.address])
        defer { setting.responder.stop() }
        let whole = try await setting.ask("alias.consul.")
        #expect(whole.header.isAuthoritative)
        #expect(whole.answer.map(\.type) == [.cname, .a])
        let none = try await setting.ask("alias.consul.", .aaaa)
        #expect(none.answer == [AliasFallback.alias])
        #expect(none.authority.map(\.type) == [.soa])
        #expect(
            upstream.queries.flatMap(\.questions).map(\.name) == [
                "www.example.org.", "www.example.org.",
            ]
        )
        let bare = try await setting.ask("alias.consul.", recursion: false)
        #expect(bare.answer == [AliasFallback.alias])
        try await upstream.stop()
        let failed = try await setting.ask("alias.consul.", .mx)
        #expect(failed.responseCode == .serverFailure)
        #expect(failed.answer == [AliasFallback.alias])
    }

    @Test("a truncated reply is asked for again over TCP, whole and cut to the client's size")
    func truncation() async throws {
        let upstream = try await FakeUpstream.start { query, overTCP in
            var reply = query.answered(
                answer: (0..<100).map {
                    record(query.questions[0].name, .a, 60, [192, 0, 2, UInt8($0)])
                }
            )
            if !overTCP {
                reply.answer = []
                reply.header.isTruncated = true
            }
            return [reply.encoded()]
        }
        let setting = try Setting([upstream.address])
        defer { setting.responder.stop() }
        let cut = try await setting.ask("www.example.org.")
        #expect(cut.header.isTruncated)
        #expect(!cut.answer.isEmpty)
        let whole = try await setting.ask("www.example.org.", over: .tcp)
        #expect(whole.answer.count == 100)
        #expect(!whole.header.isTruncated)
        #expect(upstream.queries.count == 2)
        try await upstream.stop()
    }

    @Test("replies with another id, another question or no response bit do not count")
    func forged() async throws {
        let upstream = try await FakeUpstream.start { query, _ in
            var wrongID = query.address(66)
            wrongID.header.id &+= 1
            var wrongName = query.address(66)
            wrongName.questions[0].name = "www.example.net."
            var wrongType = query.address(66)
            wrongType.questions[0].type = .aaaa
            var noResponse = query.address(66)
            noResponse.header.isResponse = false
            return [wrongID, wrongName, wrongType, noResponse, query.address(1)].map {
                $0.encoded()
            } + [[1], []]
        }
        let setting = try Setting([upstream.address])
        defer { setting.responder.stop() }
        #expect(try await setting.ask("www.example.org.").answer.map(\.rdata) == [[192, 0, 2, 1]])
        try await upstream.stop()
    }

    @Test("silence, SERVFAIL, REFUSED, garbage and a lame referral lead to the next server")
    func nextServer() async throws {
        let scripts: [FakeUpstream.Script] = [
            { _, _ in [] },
            { query, _ in [query.answered(.serverFailure).encoded()] },
            { query, _ in [query.answered(.refused).encoded()] },
            { query, _ in [Array(query.address().encoded().dropLast(3))] },
            { query, _ in
                [
                    query.answered(
                        authority: [record("org.", .ns, 60, name("ns.example.").wire)]
                    ).encoded()
                ]
            },
        ]
        var servers: [FakeUpstream] = []
        for script in scripts { servers.append(try await FakeUpstream.start(script)) }
        let gone = try await FakeUpstream.start { _, _ in [] }
        try await gone.stop()
        let last = try await FakeUpstream.start { query, _ in [query.address(7).encoded()] }
        servers.append(last)
        let setting = try Setting(
            servers.dropLast().map(\.address) + [gone.address, last.address]
        )
        defer { setting.responder.stop() }
        let reply = try await setting.ask("www.example.org.")
        #expect(reply.answer.map(\.rdata) == [[192, 0, 2, 7]])
        #expect(
            setting.forwarder.metrics.exchanges == [
                "timed_out": 1, "error": 2, "malformed": 1, "not_recursive": 1, "unreachable": 1,
                "answered": 1,
            ]
        )
        for server in servers { try await server.stop() }
    }

    @Test("when all fail the client gets SERVFAIL with the reason, for a moment from memory")
    func allFail() async throws {
        let upstream = try await FakeUpstream.start { query, _ in
            [query.answered(.serverFailure).encoded()]
        }
        let gone = try await FakeUpstream.start { _, _ in [] }
        try await gone.stop()
        let setting = try Setting([upstream.address, gone.address])
        defer { setting.responder.stop() }
        for _ in 0..<3 {
            let reply = try await setting.ask("www.example.org.")
            #expect(reply.responseCode == .serverFailure)
            #expect(reply.edns?.extendedErrors.map(\.infoCode) == [22])
            #expect(
                reply.edns?.extendedErrors.first?.extraText == "recursors: SERVFAIL, unreachable"
            )
        }
        #expect(upstream.queries.count == 1)
        setting.clock.advance(seconds: 2)
        _ = try await setting.ask("www.example.org.")
        #expect(upstream.queries.count == 2)
        setting.forwarder.replace(ForwarderSettings(servers: [gone.address]))
        let other = try await setting.ask("www.example.org.")
        #expect(other.edns?.extendedErrors.map(\.infoCode) == [23])
        try await upstream.stop()
    }

    @Test("NXDOMAIN and NODATA are kept for the SOA's minimum, not at all without SOA")
    func negative() async throws {
        let upstream = try await FakeUpstream.start { query, _ in
            let code: ResponseCode = query.questions[0].type == .a ? .nameError : .noError
            let isDenied = query.questions[0].name == "nope.example.org."
            return [
                query.answered(
                    code,
                    authority: isDenied
                        ? [denial("example.org.", ttlSeconds: 600, minimum: 30)] : []
                ).encoded()
            ]
        }
        let setting = try Setting([upstream.address])
        defer { setting.responder.stop() }
        for (type, code) in [(.a, .nameError), (.aaaa, .noError)] as [(RecordType, ResponseCode)] {
            for age in 0..<2 {
                let reply = try await setting.ask("nope.example.org.", type)
                #expect(reply.responseCode == code)
                #expect(reply.authority.map(\.ttlSeconds) == [30 - UInt32(age) * 10])
                setting.clock.advance(seconds: 10)
            }
        }
        #expect(upstream.queries.count == 2)
        for _ in 0..<2 { _ = try await setting.ask("bare.example.org.") }
        #expect(upstream.queries.count == 4)
        try await upstream.stop()
    }

    @Test("many equal questions become one, and each client gets its reply")
    func joined() async throws {
        let gate = Mutex<[Message]>([])
        let upstream = try await FakeUpstream.start { query, _ in
            gate.withLock { $0.append(query) }
            return []
        }
        let answering = try await FakeUpstream.start { query, _ in [query.address().encoded()] }
        let setting = try Setting([upstream.address, answering.address])
        defer { setting.responder.stop() }
        try await withThrowingTaskGroup(of: Message.self) { group in
            for _ in 0..<20 { group.addTask { try await setting.ask("www.example.org.") } }
            for try await reply in group { #expect(reply.answer.count == 1) }
        }
        #expect(gate.withLock { $0.count } == 1)
        #expect(answering.queries.count == 1)
        let metrics = setting.forwarder.metrics
        #expect(metrics.joined + metrics.cacheHits == 19)
        #expect(metrics.waiting == 0)
        try await upstream.stop()
        try await answering.stop()
    }

    @Test("a forwarder that is asked by itself ends")
    func loop() async throws {
        let setting = try Setting([])
        defer { setting.responder.stop() }
        setting.forwarder.replace(
            ForwarderSettings(
                servers: setting.responder.boundAddresses,
                timeout: .milliseconds(200)
            )
        )
        let reply = try await setting.ask("www.example.org.")
        #expect(reply.responseCode == .serverFailure)
        #expect(setting.forwarder.metrics.resolutions == 1)
        #expect(setting.forwarder.metrics.joined == 1)
    }

    @Test("a client of another network, or a server without recursors, is refused")
    func openResolver() async throws {
        let upstream = try await FakeUpstream.start { query, _ in [query.address().encoded()] }
        let setting = try Setting([upstream.address]) {
            $0.clients = [NetworkPrefix("10.0.0.0/8")].compactMap { $0 }
        }
        defer { setting.responder.stop() }
        #expect(try await setting.ask("www.example.org.").responseCode == .refused)
        #expect(setting.forwarder.metrics.declined == 1)
        setting.forwarder.replace(ForwarderSettings(servers: [upstream.address]))
        #expect(try await setting.ask("www.example.org.").responseCode == .noError)
        setting.forwarder.replace(ForwarderSettings(servers: []))
        #expect(try await setting.ask("www.example.org.").responseCode == .refused)
        try await upstream.stop()
    }

    @Test("an old answer is given when no server answers, if that is wanted")
    func stale() async throws {
        let isSilent = Mutex(false)
        let upstream = try await FakeUpstream.start { query, _ in
            isSilent.withLock { $0 } ? [] : [query.address().encoded()]
        }
        let setting = try Setting([upstream.address]) { $0.staleSeconds = 600 }
        defer { setting.responder.stop() }
        _ = try await setting.ask("www.example.org.")
        isSilent.withLock { $0 = true }
        setting.clock.advance(seconds: 100)
        for _ in 0..<2 {
            let reply = try await setting.ask("www.example.org.")
            #expect(reply.answer.map(\.ttlSeconds) == [30])
            #expect(reply.edns?.extendedErrors.map(\.infoCode) == [3])
        }
        #expect(upstream.queries.count == 2)
        setting.clock.advance(seconds: 700)
        #expect(try await setting.ask("www.example.org.").responseCode == .serverFailure)
        try await upstream.stop()
    }

    @Test("a server without EDNS is asked without it; DO and CD reach the server")
    func oldServer() async throws {
        let upstream = try await FakeUpstream.start { query, _ in
            var reply = query.edns == nil ? query.address() : query.answered(.formatError)
            reply.edns = nil
            return [reply.encoded()]
        }
        let setting = try Setting([upstream.address])
        defer { setting.responder.stop() }
        #expect(try await setting.ask("www.example.org.", dnssecOK: true).answer.count == 1)
        #expect(upstream.queries.map { $0.edns?.dnssecOK } == [true, nil])
        try await upstream.stop()
    }
}
