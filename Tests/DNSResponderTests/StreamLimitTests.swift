import DNSWire
import Glibc
import Testing

@testable import DNSResponder

@Suite("What one client can hold of TCP")
struct StreamLimitTests {
    private func makeResponder(
        perClient: Int = 128,
        connectionsMax: Int = 100,
        protection: ProtectionSettings = ProtectionSettings()
    ) throws -> Responder {
        let table = AnswerTable(readers: 2)
        let many = PublishedRRset(
            type: .a,
            ttlSeconds: 5,
            rdata: (0..<3000).map { IPAddress.v4($0).rdata }
        )
        try table.apply([
            .zone(testZone("consul.")), published("web.consul.", addresses("10.0.0.1")),
            published("big.consul.", many),
        ])
        let responder = try Responder(
            configuration: ResponderConfiguration(
                listen: [ListenAddress(address: .v4(0x7F00_0001), port: 0)],
                workers: 2,
                tcpConnectionsMax: connectionsMax,
                tcpIdleSeconds: 1,
                tcpConnectionsPerClientMax: perClient,
                protection: protection
            ),
            table: table,
            fallback: FixedFallback()
        )
        responder.start()
        return responder
    }

    private func framed(_ name: DomainName) -> [UInt8] {
        let message = Message.query(id: 1, name: name, type: .a).encoded()
        return [UInt8(message.count >> 8), UInt8(message.count & 0xFF)] + message
    }

    /// Looks every 10 ms for ten seconds.
    private func comesTrue(_ condition: () -> Bool) -> Bool {
        for _ in 0..<1000 {
            if condition() { return true }
            poll(nil, 0, 10)
        }
        return condition()
    }

    @Test("a client has at most its share of connections over all workers, and gets them back")
    func perClient() throws {
        let responder = try makeResponder(perClient: 3)
        defer { responder.stop() }
        let address = responder.boundAddresses[0]
        var open: [SocketClient] = []
        for _ in 0..<3 {
            let client = SocketClient(to: address, overTCP: true)
            client.send(framed("web.consul."))
            #expect(client.receiveMessage() != nil)
            open.append(client)
        }
        for _ in 0..<4 {
            #expect(SocketClient(to: address, overTCP: true).receiveMessage() == nil)
        }
        #expect(responder.counters().connectionsOverClientLimit == 4)
        #expect(responder.counters().connectionsOpen == 3)
        open = []
        #expect(comesTrue { responder.counters().connectionsOpen == 0 })
        let again = SocketClient(to: address, overTCP: true)
        again.send(framed("web.consul."))
        #expect(again.receiveMessage() != nil)
    }

    @Test("the budget counts clients apart, IPv6 ones by /64")
    func budget() throws {
        let budget = ConnectionBudget(total: 5, perClient: 2, workers: 1)
        func take(_ text: String) throws -> ConnectionBudget.Place {
            budget.take(try #require(IPAddress(text)))
        }
        #expect(try take("10.0.0.1") == .taken)
        #expect(try take("10.0.0.1") == .taken)
        #expect(try take("10.0.0.1") == .clientIsFull)
        #expect(try take("2001:db8::1") == .taken)
        #expect(try take("2001:db8::2") == .taken)
        #expect(try take("2001:db8::3") == .clientIsFull)
        #expect(try take("2001:db8:0:1::3") == .taken)
        #expect(try take("10.0.0.2") == .full)
        budget.giveBack(try #require(IPAddress("2001:db8::ffff")))
        #expect(try take("10.0.0.2") == .taken)
    }

    @Test("a message that comes byte by byte does not keep its connection open")
    func trickle() throws {
        let responder = try makeResponder()
        defer { responder.stop() }
        let client = SocketClient(to: responder.boundAddresses[0], overTCP: true)
        let message = [0xFF, 0xFF] + [UInt8](repeating: 0, count: 2000)
        var sent = 0
        let isClosed = comesTrue {
            client.send([message[sent]])
            sent += 1
            return responder.counters().connectionsTimedOut == 1
        }
        #expect(isClosed)
        #expect(sent < message.count)
    }

    @Test("a client that asks and never reads is closed, and holds little meanwhile")
    func noReader() throws {
        let responder = try makeResponder()
        defer { responder.stop() }
        let client = SocketClient(to: responder.boundAddresses[0], overTCP: true)
        client.send((0..<600).flatMap { _ in framed("big.consul.") })
        #expect(comesTrue { responder.counters().connectionsTimedOut == 1 })
        // What it did not read was not even made.
        #expect(responder.counters().overTCP < 600)
    }

    @Test("whom to answer can change under the connections and sockets of a running responder")
    func replacement() throws {
        let responder = try makeResponder()
        defer { responder.stop() }
        let tcp = SocketClient(to: responder.boundAddresses[0], overTCP: true)
        let udp = SocketClient(to: responder.boundAddresses[0], overTCP: false)
        func codes() throws -> [ResponseCode?] {
            tcp.send(framed("web.consul."))
            udp.send(Array(framed("web.consul.").dropFirst(2)))
            return [
                try Message(decoding: try #require(tcp.receiveMessage())).responseCode,
                try Message(decoding: udp.receive()).responseCode,
            ]
        }
        #expect(try codes() == [.noError, .noError])
        for _ in 0..<50 {
            responder.replaceProtection(
                ProtectionSettings(allowedClients: [try #require(NetworkPrefix("10.0.0.0/8"))])
            )
            #expect(try codes() == [.refused, .refused])
            responder.replaceProtection(
                ProtectionSettings(allowedClients: [try #require(NetworkPrefix("127.0.0.1"))])
            )
            #expect(try codes() == [.noError, .noError])
        }
    }
}
