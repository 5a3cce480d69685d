import CDatagram
import DNSWire
import Glibc
import Synchronization
import Testing

@testable import DNSResponder

/// Holds the worker that asks it until it is released.
private final class HoldingFallback: QueryFallback {
    private let asked = Atomic<Int>(0)
    private let isReleased = Atomic<Bool>(false)

    func answer(_ query: FallbackQuery) -> FallbackReply {
        asked.add(1, ordering: .sequentiallyConsistent)
        while !isReleased.load(ordering: .sequentiallyConsistent) { usleep(1000) }
        return FallbackReply(responseCode: .noError)
    }

    func waitUntilAsked() {
        while asked.load(ordering: .sequentiallyConsistent) == 0 { usleep(1000) }
    }

    func release() { isReleased.store(true, ordering: .sequentiallyConsistent) }
}

@Suite("Queries that wait for a worker that is behind")
struct QueryBacklogTests {
    /// Puts datagrams with these first bytes into the batch, through a socket.
    private func receive(_ queries: [[UInt8]], into batch: borrowing DatagramBatch) throws {
        var endpoint = ListenAddress(address: .v4(0x7F00_0001), port: 0).endpoint
        let socket = unsafe datagram_open(&endpoint, 0)
        defer { descriptor_close(socket) }
        unsafe socket_local_endpoint(socket, &endpoint)
        let client = SocketClient(to: try #require(ListenAddress(endpoint)), overTCP: false)
        for query in queries { client.send(query) }
        #expect(batch.receive(from: socket) == queries.count)
    }

    private func queries(in batch: borrowing DatagramBatch, _ count: Int) -> [[UInt8]] {
        var queries: [[UInt8]] = []
        for slot in 0..<count {
            let length = unsafe Int(batch.received[slot])
            let start = unsafe batch.queries + slot * batch.queryStride
            queries.append(unsafe Array(UnsafeBufferPointer(start: start, count: length)))
        }
        return queries
    }

    private func query(_ number: Int, count: Int) -> [UInt8] {
        [UInt8(truncatingIfNeeded: number >> 8)]
            + [UInt8](repeating: UInt8(truncatingIfNeeded: number), count: count - 1)
    }

    @Test("the newest query leaves first, and what came in meanwhile before the others")
    func newestFirst() throws {
        let backlog = QueryBacklog()
        let batch = DatagramBatch()
        let sent = (0..<100).map { query($0, count: 20 + $0) }
        try receive(Array(sent[..<50]), into: batch)
        #expect(backlog.push(batch, count: 50, nowMilliseconds: 0) == 0)
        try receive(Array(sent[50..<90]), into: batch)
        #expect(backlog.push(batch, count: 40, nowMilliseconds: 1) == 0)
        #expect(backlog.pop(into: batch) == batch.capacity)
        var left = queries(in: batch, batch.capacity)
        try receive(Array(sent[90...]), into: batch)
        #expect(backlog.push(batch, count: 10, nowMilliseconds: 2) == 0)
        #expect(backlog.pop(into: batch) == 36)
        left += queries(in: batch, 36)
        #expect(
            left == sent[26..<90].reversed() + sent[90...].reversed() + sent[..<26].reversed()
        )
        let isEmpty = backlog.isEmpty
        #expect(isEmpty)
        #expect(backlog.pop(into: batch) == 0)
    }

    @Test("what has waited for more than a second is dropped and counted")
    func expired() throws {
        let backlog = QueryBacklog()
        let batch = DatagramBatch()
        for time in 0..<3 {
            try receive([query(time, count: 30), query(time + 10, count: 40)], into: batch)
            #expect(backlog.push(batch, count: 2, nowMilliseconds: Int64(time) * 500) == 0)
        }
        #expect(backlog.expire(nowMilliseconds: 1000) == 0)
        #expect(backlog.expire(nowMilliseconds: 1001) == 2)
        #expect(backlog.pop(into: batch) == 4)
        #expect(backlog.expire(nowMilliseconds: 10_000) == 0)
    }

    @Test("when it is full the oldest queries make room, and none is ever mixed with another")
    func bounded() throws {
        var random = SystemRandomNumberGenerator()
        for (queriesMax, bytesMax) in [(64, 1 << 20), (4096, 3000), (256, 9000)]
            as [(UInt32, UInt32)]
        {
            let backlog = QueryBacklog(queriesMax: queriesMax, bytesMax: bytesMax)
            let batch = DatagramBatch()
            var expected: [[UInt8]] = []
            var number = 0
            for _ in 0..<60 {
                let added = (0..<Int.random(in: 1...64, using: &random)).map { index in
                    query(number + index, count: Int.random(in: 2...300, using: &random))
                }
                number += added.count
                try receive(added, into: batch)
                let dropped = backlog.push(batch, count: added.count, nowMilliseconds: 0)
                expected.append(contentsOf: added)
                expected.removeFirst(dropped)
                #expect(expected.count <= Int(queriesMax))
                guard Bool.random(using: &random) else { continue }
                let count = backlog.pop(into: batch)
                #expect(count == min(expected.count, batch.capacity))
                #expect(queries(in: batch, count) == expected.suffix(count).reversed())
                expected.removeLast(count)
            }
            #expect(number > 1000)
        }
    }

    @Test("a worker that was held answers the newest queries first, and all that have not expired")
    func heldWorker() throws {
        let table = AnswerTable(readers: 1)
        try table.apply([
            .zone(testZone("consul.")), published("web.consul.", addresses("10.0.0.1")),
            .name(PublishedName(name: "hold.consul.", here: .fallback)),
        ])
        let fallback = HoldingFallback()
        let responder = try Responder(
            configuration: ResponderConfiguration(
                listen: [ListenAddress(address: .v4(0x7F00_0001), port: 0)]
            ),
            table: table,
            fallback: fallback
        )
        responder.start()
        defer { responder.stop() }
        defer { fallback.release() }
        let address = responder.boundAddresses[0]
        let first = SocketClient(to: address, overTCP: false)
        first.send(Message.query(id: 0xFFFF, name: "hold.consul.", type: .a).encoded())
        fallback.waitUntilAsked()
        // Several, for a client has room for a few hundred replies only.
        let clients = (0..<16).map { _ in SocketClient(to: address, overTCP: false) }
        let count = 50
        for id in 0..<count {
            for client in clients {
                client.send(Message.query(id: UInt16(id), name: "web.consul.", type: .a).encoded())
            }
        }
        fallback.release()
        #expect(try Message(decoding: first.receive()).header.id == 0xFFFF)
        for client in clients {
            let ids = try (0..<count).map { _ in try Message(decoding: client.receive()).header.id }
            #expect(Set(ids) == Set(UInt16(0)..<UInt16(count)))
            // A few batches go by before the worker knows that it is behind.
            let newest = try #require(ids.firstIndex(of: UInt16(count - 1)))
            let older = try #require(ids.firstIndex(of: UInt16(count - 20)))
            #expect(newest < older)
        }
        #expect(responder.counters().shed == 0)
    }

    @Test("what the kernel drops because a socket's queue is full is counted")
    func overflow() throws {
        let table = AnswerTable(readers: 1)
        try table.apply([
            .zone(testZone("consul.")),
            .name(PublishedName(name: "hold.consul.", here: .fallback)),
        ])
        let fallback = HoldingFallback()
        let responder = try Responder(
            configuration: ResponderConfiguration(
                listen: [ListenAddress(address: .v4(0x7F00_0001), port: 0)]
            ),
            table: table,
            fallback: fallback
        )
        responder.start()
        defer { responder.stop() }
        defer { fallback.release() }
        let client = SocketClient(to: responder.boundAddresses[0], overTCP: false)
        client.send(Message.query(id: 1, name: "hold.consul.", type: .a).encoded())
        fallback.waitUntilAsked()
        #expect(responder.counters().overflowed == 0)
        let filler = [UInt8](repeating: 0xFF, count: 4000)
        for _ in 0..<5000 { client.send(filler) }
        #expect(responder.counters().overflowed > 0)
    }
}
