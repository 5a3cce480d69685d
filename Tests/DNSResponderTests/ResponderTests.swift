import DNSWire
import Testing

@testable import DNSResponder

@Suite("The responder over real sockets")
struct ResponderTests {
    private static let loopback = ListenAddress(address: .v4(0x7F00_0001), port: 0)

    private func makeResponder(
        workers: Int = 1,
        idleSeconds: Int = 10,
        connectionsMax: Int = 100,
        listen: [ListenAddress] = [loopback]
    ) throws -> Responder {
        let table = AnswerTable(readers: workers)
        try table.apply([
            .zone(testZone("consul.")),
            .name(
                PublishedName(name: "web.service.consul.", here: .rrsets([addresses("10.0.1.1")]))
            ),
            .name(
                PublishedName(
                    name: "big.service.consul.",
                    here: .rrsets([
                        PublishedRRset(
                            type: .a,
                            ttlSeconds: 5,
                            rdata: (0..<3000).map { IPAddress.v4($0).rdata }
                        )
                    ])
                )
            ),
        ])
        let responder = try Responder(
            configuration: ResponderConfiguration(
                listen: listen,
                workers: workers,
                tcpConnectionsMax: connectionsMax,
                tcpIdleSeconds: idleSeconds
            ),
            table: table,
            fallback: FixedFallback()
        )
        responder.start()
        return responder
    }

    private func query(_ id: UInt16, _ name: DomainName = "web.service.consul.") -> [UInt8] {
        Message.query(id: id, name: name, type: .a).encoded()
    }

    private func framed(_ message: [UInt8]) -> [UInt8] {
        [UInt8(message.count >> 8), UInt8(message.count & 0xFF)] + message
    }

    @Test(
        "UDP and TCP have the same free port and both answer, with one worker or several",
        arguments: [1, 3]
    )
    func bothTransports(workers: Int) throws {
        let responder = try makeResponder(workers: workers)
        defer { responder.stop() }
        let address = responder.boundAddresses[0]
        #expect(address.port != 0)
        for id in UInt16(0)..<20 {
            let udp = SocketClient(to: address, overTCP: false)
            udp.send(query(id))
            #expect(try Message(decoding: udp.receive()).answer.count == 1)
            let tcp = SocketClient(to: address, overTCP: true)
            tcp.send(framed(query(id)))
            let reply = try Message(decoding: try #require(tcp.receiveMessage()))
            #expect(reply.header.id == id)
            #expect(reply.answer.count == 1)
        }
    }

    @Test("several queries in one write are all answered, and so is a query in single bytes")
    func pipelining() throws {
        let responder = try makeResponder()
        defer { responder.stop() }
        let client = SocketClient(to: responder.boundAddresses[0], overTCP: true)
        client.send((UInt16(0)..<500).flatMap { framed(query($0)) })
        for id in UInt16(0)..<500 {
            let reply = try Message(decoding: try #require(client.receiveMessage()))
            #expect(reply.header.id == id)
        }
        for byte in framed(query(7)) { client.send([byte]) }
        #expect(try Message(decoding: try #require(client.receiveMessage())).header.id == 7)
    }

    @Test("large replies come whole to a client that reads late")
    func slowReader() throws {
        let responder = try makeResponder()
        defer { responder.stop() }
        let client = SocketClient(to: responder.boundAddresses[0], overTCP: true)
        let big: DomainName = "big.service.consul."
        client.send((UInt16(0)..<100).flatMap { framed(query($0, big)) })
        for id in UInt16(0)..<100 {
            let reply = try Message(decoding: try #require(client.receiveMessage()))
            #expect(reply.header.id == id)
            #expect(reply.answer.count == 3000)
            #expect(!reply.header.isTruncated)
        }
    }

    @Test("a half message, and a message shorter than a header, close the connection; others go on")
    func halfMessage() throws {
        let responder = try makeResponder(idleSeconds: 1)
        defer { responder.stop() }
        let address = responder.boundAddresses[0]
        let half = SocketClient(to: address, overTCP: true)
        half.send(Array(framed(query(1)).dropLast()))
        let short = SocketClient(to: address, overTCP: true)
        short.send([0, 3, 1, 2, 3])
        #expect(short.receiveMessage() == nil)
        let whole = SocketClient(to: address, overTCP: true)
        whole.send(framed(query(2)))
        #expect(whole.receiveMessage() != nil)
        #expect(half.receiveMessage() == nil)
        #expect(responder.counters().connectionsTimedOut >= 1)
    }

    @Test("at the limit a new connection takes the place of the one that was idle longest")
    func connectionLimit() throws {
        let responder = try makeResponder(connectionsMax: 2)
        defer { responder.stop() }
        let address = responder.boundAddresses[0]
        var clients: [SocketClient] = []
        for id in UInt16(0)..<5 {
            let client = SocketClient(to: address, overTCP: true)
            client.send(framed(query(id)))
            #expect(client.receiveMessage() != nil)
            clients.append(client)
        }
        #expect(responder.counters().connectionsOpen <= 2)
        #expect(clients[0].receiveMessage() == nil)
    }

    @Test("a taken port is an error that names the address and what to do", arguments: [1, 2])
    func takenPort(workers: Int) throws {
        let responder = try makeResponder(workers: workers)
        defer { responder.stop() }
        let address = responder.boundAddresses[0]
        for count in [1, 2] {
            let error = #expect(throws: ResponderError.self) {
                try makeResponder(workers: count, listen: [address])
            }
            #expect(error?.message.contains("\(address)") == true)
            #expect(error?.message.contains("choose another port") == true)
        }
    }

    @Test("random bytes over UDP and TCP do not stop the service")
    func garbage() throws {
        let responder = try makeResponder()
        defer { responder.stop() }
        let address = responder.boundAddresses[0]
        let udp = SocketClient(to: address, overTCP: false)
        for length in 0..<300 {
            udp.send((0..<length).map { _ in UInt8.random(in: 0...255) })
            let tcp = SocketClient(to: address, overTCP: true)
            tcp.send((0..<length).map { _ in UInt8.random(in: 0...255) })
        }
        let client = SocketClient(to: address, overTCP: false)
        client.send(query(9))
        #expect(try Message(decoding: client.receive()).header.id == 9)
    }

    @Test("counters tell transports, types and response codes")
    func counters() throws {
        let responder = try makeResponder()
        defer { responder.stop() }
        let udp = SocketClient(to: responder.boundAddresses[0], overTCP: false)
        udp.send(query(1))
        _ = udp.receive()
        udp.send(query(2, "nope.consul."))
        _ = udp.receive()
        // The next reply comes after the counters of the batch before it.
        udp.send(query(3))
        _ = udp.receive()
        let counters = responder.counters()
        #expect(counters.overUDP >= 2)
        #expect(counters.queriesByType[.a] == 3)
        #expect(counters.repliesByResponseCode == [.noError: 2, .nameError: 1])
    }

    @Test("stopping frees the ports, and stopping twice is harmless")
    func stop() throws {
        let first = try makeResponder(workers: 2)
        let address = first.boundAddresses[0]
        first.stop()
        first.stop()
        let second = try makeResponder(listen: [address])
        second.stop()
        #expect(second.boundAddresses == [address])
    }
}

@Suite("Listen addresses")
struct ListenAddressTests {
    @Test(
        "address and port are read and written back",
        arguments: ["127.0.0.1:8600", "[::1]:53", "0.0.0.0:0"]
    )
    func roundTrip(text: String) throws {
        #expect(try ListenAddress(text).description == text)
    }

    @Test(
        "anything else is refused with an example",
        arguments: [
            "127.0.0.1", "::1:53", "[127.0.0.1]:53", "localhost:53", "1.2.3.4:70000", "1.2.3.4:+5",
            "",
        ]
    )
    func refused(text: String) {
        let error = #expect(throws: ResponderError.self) { try ListenAddress(text) }
        #expect(error?.message.contains("127.0.0.1:8600") == true)
    }
}
