import CDatagram
import DNSWire
import Glibc
import Testing

@testable import DNSResponder

/// The kernel's number for leaving checksums out, with which it refuses to cut a message up.
private let noChecksum: Int32 = 11

@Suite("Replies that leave as segments of one message")
struct JoinedRepliesTests {
    /// A batch between sockets of this test, which answers as it is told.
    private final class Exchange {
        let batch = DatagramBatch()
        let socket: Int32
        let address: ListenAddress

        init() throws {
            var endpoint = ListenAddress(address: .v4(0x7F00_0001), port: 0).endpoint
            socket = unsafe datagram_open(&endpoint, 0)
            try #require(socket >= 0)
            unsafe socket_local_endpoint(socket, &endpoint)
            address = try #require(ListenAddress(endpoint))
        }

        deinit { descriptor_close(socket) }

        /// Answers each query, a number and a length of two bytes each, with so many bytes that
        /// begin with the number.
        func answerAll() -> (received: Int, sent: Int) {
            let received = batch.receive(from: socket)
            for slot in 0..<received {
                let query = unsafe batch.queries + slot * batch.queryStride
                let reply = unsafe batch.replies + slot * batch.replyStride
                let length = unsafe Int(query[2]) << 8 | Int(query[3])
                unsafe reply.update(repeating: query[1], count: length)
                if length > 1 { unsafe reply.update(from: query, count: 2) }
                unsafe batch.toSend[slot] = UInt32(length)
            }
            return (received, batch.send(to: socket, count: received))
        }

        var joins: Bool { unsafe datagram_batch_joins(batch.batch) == 1 }
    }

    private func query(_ number: Int, length: Int) -> [UInt8] {
        [
            UInt8(number >> 8), UInt8(number & 0xFF), UInt8(length >> 8), UInt8(length & 0xFF),
        ]
    }

    private func reply(_ number: Int, length: Int) -> [UInt8] {
        [UInt8(number >> 8)] + [UInt8](repeating: UInt8(number & 0xFF), count: length - 1)
    }

    @Test("one client's replies all come, each by itself and whole, whatever their lengths")
    func oneClient() throws {
        let exchange = try Exchange()
        let client = SocketClient(to: exchange.address, overTCP: false)
        for lengths in [
            [Int](repeating: 100, count: 64), (0..<64).map { 40 + $0 }, (0..<64).map { 300 - $0 },
            (0..<64).map { $0 % 2 == 0 ? 90 : 117 }, [Int](repeating: 1232, count: 64),
            (0..<64).map { $0 % 5 == 0 ? 1500 : 1232 }, [12], (0..<60).map { 2 + $0 % 3 },
        ] {
            for (number, length) in lengths.enumerated() {
                client.send(query(number, length: length))
            }
            let result = exchange.answerAll()
            #expect(result.received == lengths.count)
            #expect(result.sent == lengths.count)
            let replies = (0..<lengths.count).map { _ in client.receive() }
            #expect(
                Set(replies)
                    == Set(lengths.enumerated().map { reply($0.offset, length: $0.element) })
            )
        }
    }

    @Test("every client gets its own replies, and those without a reply get none")
    func manyClients() throws {
        let exchange = try Exchange()
        let clients = (0..<7).map { _ in SocketClient(to: exchange.address, overTCP: false) }
        for round in 0..<20 {
            var expected = [Set<[UInt8]>](repeating: [], count: clients.count)
            var sent = 0
            for number in 0..<60 {
                let client = (number * 5 + round) % clients.count
                let length = number % 9 == 0 ? 0 : 60 + 20 * ((number + round) % 4)
                clients[client].send(query(number, length: length))
                if length > 0 {
                    expected[client].insert(reply(number, length: length))
                    sent += 1
                }
            }
            let result = exchange.answerAll()
            #expect(result.received == 60)
            #expect(result.sent == sent)
            for (client, replies) in zip(clients, expected) {
                #expect(Set(replies.map { _ in client.receive() }) == replies)
            }
        }
    }

    @Test("where the kernel refuses to cut messages up, replies go out one by one from then on")
    func refused() throws {
        let exchange = try Exchange()
        try #require(exchange.joins, "this kernel joins nothing")
        var on: Int32 = 1
        unsafe setsockopt(
            exchange.socket,
            SOL_SOCKET,
            noChecksum,
            &on,
            socklen_t(MemoryLayout<Int32>.size)
        )
        let client = SocketClient(to: exchange.address, overTCP: false)
        for _ in 0..<3 {
            for number in 0..<40 { client.send(query(number, length: 100)) }
            #expect(exchange.answerAll().sent == 40)
            #expect(
                Set((0..<40).map { _ in client.receive() })
                    == Set((0..<40).map { reply($0, length: 100) })
            )
            #expect(!exchange.joins)
        }
    }

    @Test("a responder on all addresses answers many queries at once from the address asked")
    func wildcard() throws {
        let table = AnswerTable(readers: 1)
        try table.apply([
            .zone(testZone("consul.")), published("web.consul.", addresses("10.0.0.1")),
        ])
        let responder = try Responder(
            configuration: ResponderConfiguration(listen: [try ListenAddress("0.0.0.0:0")]),
            table: table,
            fallback: FixedFallback()
        )
        responder.start()
        defer { responder.stop() }
        let port = responder.boundAddresses[0].port
        // Connected sockets take replies only from the address that they asked.
        let clients = [0x7F00_0001, 0x7F00_0002, 0x7F00_0003].map {
            SocketClient(to: ListenAddress(address: .v4($0), port: port), overTCP: false)
        }
        for id in UInt16(0)..<64 {
            for client in clients {
                let asked: DomainName = id % 3 == 0 ? "nope.consul." : "web.consul."
                client.send(Message.query(id: id, name: asked, type: .a).encoded())
            }
        }
        for client in clients {
            let ids = try (0..<64).map { _ in try Message(decoding: client.receive()).header.id }
            #expect(Set(ids) == Set(UInt16(0)..<64))
        }
        #expect(responder.counters().unsent == 0)
    }
}
