import DNSWire
import Synchronization
import Testing

@testable import DNSResponder

/// Does what it is told, and keeps what it is asked.
final class ScriptedForwarder: QueryForwarder {
    let decision: @Sendable (ForwardedQuery) -> ForwardingDecision
    let asked = Mutex<[ForwardedQuery]>([])
    /// Replies that are owed, in the order of the queries.
    let pending = Mutex<[PendingReply]>([])

    init(_ decision: @escaping @Sendable (ForwardedQuery) -> ForwardingDecision) {
        self.decision = decision
    }

    func decide(_ query: ForwardedQuery) -> ForwardingDecision {
        asked.withLock { $0.append(query) }
        return decision(query)
    }

    func resolve(_ query: ForwardedQuery, into reply: PendingReply) {
        pending.withLock { $0.append(reply) }
    }

    /// The replies that are owed, as soon as they are `count`.
    func take(_ count: Int) -> [PendingReply] {
        while true {
            let taken = pending.withLock { pending in
                guard pending.count >= count else { return [] as [PendingReply] }
                let taken = pending
                pending = []
                return taken
            }
            if !taken.isEmpty { return taken }
        }
    }
}

/// Keeps late replies.
private final class LateReplies: Sendable {
    private let replies = Mutex<[LateReply]>([])

    var all: [LateReply] { replies.withLock { $0 } }

    @Sendable func take(_ reply: LateReply) { replies.withLock { $0.append(reply) } }
}

@Suite("Questions that are left to a forwarder")
struct ForwardingTests {
    private static let reverse: DomainName = "10.in-addr.arpa."
    private var changes: [TableChange] {
        var reverse = testZone(Self.reverse)
        reverse.forwardsMisses = true
        return [
            .zone(testZone("consul.")), published("web.consul.", addresses("10.0.0.1")),
            .zone(reverse),
            published("1.0.0.10.in-addr.arpa.", addresses("10.0.0.1")),
            .name(PublishedName(name: "alias.consul.", here: .fallback)),
        ]
    }

    private func table() throws -> AnswerTable {
        let table = AnswerTable(readers: 2)
        try table.apply(changes)
        return table
    }

    private func query(_ id: UInt16, _ name: DomainName, recursion: Bool = true) -> [UInt8] {
        var message = Message.query(
            id: id,
            name: name,
            type: .a,
            edns: EDNS(udpPayloadBytes: 1232)
        )
        message.header.recursionDesired = recursion
        return message.encoded()
    }

    private func framed(_ message: [UInt8]) -> [UInt8] {
        [UInt8(message.count >> 8), UInt8(message.count & 0xFF)] + message
    }

    private func answer(_ owner: DomainName, _ last: UInt8 = 1) -> FallbackReply {
        FallbackReply(
            responseCode: .noError,
            isAuthoritative: false,
            answer: [
                ResourceRecord(owner: owner, type: .a, ttlSeconds: 60, rdata: [192, 0, 2, last])
            ]
        )
    }

    private func server(
        _ forwarder: ScriptedForwarder,
        fallback: FixedFallback = FixedFallback()
    ) throws -> InProcessServer {
        try #require(
            InProcessServer(
                configuration: ResponderConfiguration(listen: []),
                table: table(),
                fallback: fallback,
                forwarder: forwarder
            )
        )
    }

    private func responder(
        _ forwarder: ScriptedForwarder,
        pendingMax: Int = 100,
        perConnection: Int = 100,
        idleSeconds: Int = 10
    ) throws -> Responder {
        let responder = try Responder(
            configuration: ResponderConfiguration(
                listen: [ListenAddress(address: .v4(0x7F00_0001), port: 0)],
                setsRecursionAvailable: true,
                tcpIdleSeconds: idleSeconds,
                pendingRepliesMax: pendingMax,
                pendingRepliesPerConnectionMax: perConnection
            ),
            table: table(),
            fallback: FixedFallback(),
            forwarder: forwarder
        )
        responder.start()
        return responder
    }

    @Test("what came by another transport is answered later by its ticket, within its budget")
    func inProcessLater() throws {
        let forwarder = ScriptedForwarder { _ in .later }
        let late = LateReplies()
        var configuration = ResponderConfiguration(listen: [])
        configuration.pendingRepliesPerConnectionMax = 2
        let server = try #require(
            InProcessServer(
                configuration: configuration,
                table: table(),
                fallback: FixedFallback(),
                forwarder: forwarder,
                deliver: late.take
            )
        )
        var pending = 0
        func ask(_ id: UInt16, _ asked: DomainName) -> InProcessServer.Outcome {
            server.serve(query(id, asked), client: .v4(1), ticket: UInt64(id), pending: &pending)
        }
        #expect(ask(1, "one.example.org.") == .later)
        #expect(ask(2, "two.example.org.") == .later)
        #expect(pending == 2)
        guard case .reply(let refused) = ask(3, "three.example.org.") else {
            Issue.record("the third query has no place")
            return
        }
        #expect(try Message(decoding: refused).responseCode == .serverFailure)
        let replies = forwarder.take(2)
        replies[1].send(answer("two.example.org.", 2))
        replies[0].send(answer("one.example.org."))
        let delivered = late.all
        #expect(delivered.map(\.ticket) == [2, 1])
        #expect(try Message(decoding: delivered[0].bytes).header.id == 2)
        #expect(try Message(decoding: delivered[1].bytes).answer.first?.rdata == [192, 0, 2, 1])
        #expect(server.serve([0], client: nil, ticket: 4, pending: &pending) == .silence)
    }

    @Test("only names outside the zones, and misses of zones that say so, are left to it")
    func whatIsForwarded() throws {
        let answered = answer("www.example.org.")
        let forwarder = ScriptedForwarder { _ in .answered(answered) }
        let server = try server(forwarder)
        for name in ["www.example.org.", "9.9.0.10.in-addr.arpa.", "9.0.0.10.in-addr.arpa."] {
            let asked = try #require(try? DomainName(name))
            let bytes = try #require(server.serve(query(1, asked), client: .v4(1)))
            #expect(try Message(decoding: bytes).answer == answered.answer)
        }
        for name in [
            "web.consul.", "nope.consul.", "1.0.0.10.in-addr.arpa.", "0.0.10.in-addr.arpa.",
            "consul.",
        ] {
            let asked = try #require(try? DomainName(name))
            let reply = try Message(decoding: try #require(server.serve(query(1, asked))))
            #expect(reply.header.isAuthoritative)
        }
        let seen = forwarder.asked.withLock { $0 }
        #expect(seen.count == 3)
        #expect(seen.map(\.asked.client) == [.v4(1), .v4(1), .v4(1)])
        #expect(seen.first?.target == "www.example.org.")
    }

    @Test("without RD, or when it declines, the answer is that of a server without a forwarder")
    func declined() throws {
        let forwarder = ScriptedForwarder { _ in .declined }
        let server = try server(forwarder)
        for recursion in [false, true] {
            let outside = query(1, "www.example.org.", recursion: recursion)
            let refused = try Message(decoding: try #require(server.serve(outside)))
            #expect(refused.responseCode == .refused)
            #expect(refused.edns?.extendedErrors.map(\.infoCode) == [20])
            let missing = query(1, "9.9.0.10.in-addr.arpa.", recursion: recursion)
            let negative = try Message(decoding: try #require(server.serve(missing)))
            #expect(negative.responseCode == .nameError)
            #expect(negative.authority.map(\.owner) == [Self.reverse])
            #expect(forwarder.asked.withLock { $0.count } == (recursion ? 2 : 0))
        }
    }

    @Test("an alias that leads outside is handed over with what was found so far")
    func alias() throws {
        let alias = ResourceRecord(
            owner: "alias.consul.",
            type: .cname,
            ttlSeconds: 5,
            rdata: name("www.example.org.").wire
        )
        let beginning = FallbackReply(
            responseCode: .noError,
            answer: [alias],
            outsideTarget: "www.example.org."
        )
        let added = answer("www.example.org.").answer
        let forwarder = ScriptedForwarder { query in
            var reply = query.beginning ?? FallbackReply(responseCode: .serverFailure)
            reply.answer += added
            return .answered(reply)
        }
        let server = try server(forwarder, fallback: FixedFallback(reply: beginning))
        let whole = try Message(
            decoding: try #require(server.serve(query(1, "alias.consul.")))
        )
        #expect(whole.answer == [alias] + added)
        #expect(whole.header.isAuthoritative)
        let bare = query(1, "alias.consul.", recursion: false)
        #expect(try Message(decoding: try #require(server.serve(bare))).answer == [alias])
        #expect(forwarder.asked.withLock { $0 }.map(\.target) == ["www.example.org."])
    }

    @Test("late replies go to the clients that asked, over UDP, and are counted")
    func lateDatagrams() throws {
        let forwarder = ScriptedForwarder { _ in .later }
        let responder = try responder(forwarder)
        defer { responder.stop() }
        let clients = (0..<5).map { _ in
            SocketClient(to: responder.boundAddresses[0], overTCP: false)
        }
        for (index, client) in clients.enumerated() {
            client.send(query(UInt16(index), "www.Example.org."))
            let pending = forwarder.take(1)
            #expect(pending.count == 1)
            // A second reply to one query goes nowhere.
            for reply in pending {
                reply.send(answer("www.example.org.", UInt8(index)))
                reply.send(answer("www.example.org.", 99))
            }
            let message = try Message(decoding: client.receive())
            #expect(message.header.id == UInt16(index))
            #expect(message.questions.first?.name.description == "www.Example.org.")
            #expect(message.answer.map(\.rdata) == [[192, 0, 2, UInt8(index)]])
            #expect(message.header.recursionAvailable && message.header.recursionDesired)
            #expect(message.edns != nil)
        }
        let counters = responder.counters()
        #expect(counters.deferred == 5)
        #expect(counters.repliesByResponseCode == [.noError: 5])
    }

    @Test("late replies come in any order over one connection, between replies from the table")
    func lateStream() throws {
        let forwarder = ScriptedForwarder { _ in .later }
        let responder = try responder(forwarder, idleSeconds: 1)
        defer { responder.stop() }
        let client = SocketClient(to: responder.boundAddresses[0], overTCP: true)
        client.send((UInt16(0)..<3).flatMap { framed(query($0, "www.example.org.")) })
        client.send(framed(query(7, "web.consul.")))
        #expect(try Message(decoding: try #require(client.receiveMessage())).header.id == 7)
        let pending = forwarder.take(3)
        for reply in pending.reversed() { reply.send(answer("www.example.org.")) }
        for id in [2, 1, 0] as [UInt16] {
            let reply = try Message(decoding: try #require(client.receiveMessage()))
            #expect(reply.header.id == id)
            #expect(reply.answer.count == 1)
        }
    }

    @Test("a connection whose peer sends no more stays until its late replies are out")
    func halfClosed() throws {
        let forwarder = ScriptedForwarder { _ in .later }
        let responder = try responder(forwarder)
        defer { responder.stop() }
        let client = SocketClient(to: responder.boundAddresses[0], overTCP: true)
        client.send(framed(query(1, "www.example.org.")))
        client.finishSending()
        for reply in forwarder.take(1) { reply.send(answer("www.example.org.")) }
        #expect(try Message(decoding: try #require(client.receiveMessage())).header.id == 1)
        #expect(client.receiveMessage() == nil)
    }

    @Test("a late reply to a connection that is gone does not reach the next one")
    func closedMeanwhile() throws {
        let forwarder = ScriptedForwarder { _ in .later }
        let responder = try responder(forwarder)
        defer { responder.stop() }
        let address = responder.boundAddresses[0]
        var first: SocketClient? = SocketClient(to: address, overTCP: true)
        first?.send(framed(query(1, "www.example.org.")))
        let pending = forwarder.take(1)
        first?.reset()
        first = nil
        while responder.counters().connectionsOpen > 0 {}
        let second = SocketClient(to: address, overTCP: true)
        second.send(framed(query(2, "web.consul.")))
        #expect(second.receiveMessage() != nil)
        for reply in pending { reply.send(answer("www.example.org.")) }
        second.send(framed(query(3, "web.consul.")))
        #expect(try Message(decoding: try #require(second.receiveMessage())).header.id == 3)
    }

    @Test("beyond the limits a query gets SERVFAIL with the reason", arguments: [false, true])
    func limits(overTCP: Bool) throws {
        let forwarder = ScriptedForwarder { _ in .later }
        let responder = try responder(
            forwarder,
            pendingMax: overTCP ? 100 : 2,
            perConnection: overTCP ? 2 : 100
        )
        defer { responder.stop() }
        let client = SocketClient(to: responder.boundAddresses[0], overTCP: overTCP)
        for id in UInt16(0)..<3 {
            let message = query(id, "www.example.org.")
            client.send(overTCP ? framed(message) : message)
        }
        let bytes = overTCP ? client.receiveMessage() : client.receive()
        let reply = try Message(decoding: try #require(bytes))
        #expect(reply.header.id == 2)
        #expect(reply.responseCode == .serverFailure)
        #expect(reply.edns?.extendedErrors.first?.extraText.contains("too many") == true)
        // What is answered makes room again, and what is dropped is answered.
        forwarder.take(2).first?.send(answer("www.example.org."))
        var codes: [ResponseCode?] = []
        for _ in 0..<2 {
            let bytes = overTCP ? client.receiveMessage() : client.receive()
            codes.append(try Message(decoding: try #require(bytes)).responseCode)
        }
        #expect(Set(codes) == [.noError, .serverFailure])
        client.send(
            overTCP ? framed(query(9, "www.example.org.")) : query(9, "www.example.org.")
        )
        for reply in forwarder.take(1) { reply.send(answer("www.example.org.")) }
        let last = overTCP ? client.receiveMessage() : client.receive()
        #expect(try Message(decoding: try #require(last)).responseCode == .noError)
    }

    @Test("replies that come after the end go nowhere")
    func afterStop() throws {
        let forwarder = ScriptedForwarder { _ in .later }
        let responder = try responder(forwarder)
        let client = SocketClient(to: responder.boundAddresses[0], overTCP: false)
        client.send(query(1, "www.example.org."))
        let pending = forwarder.take(1)
        responder.stop()
        for reply in pending { reply.send(answer("www.example.org.")) }
        #expect(responder.counters().repliesByResponseCode.isEmpty)
    }
}
