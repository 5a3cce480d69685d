import DNSWire
import Glibc

@testable import DNSResponder

/// A TCP connection: what is sent in any pieces is answered as its messages are, in their order.
///
/// The first byte says how the bytes are cut and when the client reads.
final class StreamFuzzer: Fuzzer {
    private let sample: SampleServer
    private var server: QueryServer
    private let buffers = StreamBuffers()
    private let counters = WorkerCounters()
    private static let roundsMax = 10_000

    init() {
        do {
            sample = try SampleServer(zones: SampleZones.all())
        } catch {
            fatalError("\(error)")
        }
        let board = ProtectionBoard(ProtectionSettings(), workers: 1)
        guard let reader = sample.table.makeReader(), let protection = board.makeReader() else {
            fatalError("no reader is left")
        }
        let configuration = ResponderConfiguration(
            listen: [],
            nameServerIdentifier: SampleServer.identifier
        )
        server = unsafe QueryServer(
            reader: reader,
            hashKey: sample.table.hashKey,
            settings: ReplySettings(configuration),
            protection: protection,
            counters: counters,
            fallback: sample.fallback
        )
    }

    func run(_ bytes: [UInt8]) {
        var sent = bytes
        let choice = sent.takeByte()
        let ends = makePair(hasSmallBuffers: choice & 0x80 != 0)
        defer { close(ends.client) }
        let token = StreamToken(descriptor: ends.server, generation: 1)
        let client = IPAddress.v4(0x0A00_0001)
        let connection = StreamConnection(token: token, client: client, nowMilliseconds: 0)
        unsafe server.origin = .stream(token, client: client)
        let pieceBytes = choice & 0x3F == 0 ? sent.count : Int(choice & 0x3F) * 3
        let readsEarly = choice & 0x40 != 0

        var received: [UInt8] = []
        var offset = 0
        var isOpen = true
        var rounds = 0
        while isOpen {
            rounds += 1
            expect(rounds < Self.roundsMax, "the connection does not end")
            let end = min(offset + pieceBytes, sent.count)
            offset += send(sent[offset..<end], to: ends.client)
            if offset == sent.count { shutdown(ends.client, CInt(SHUT_WR)) }
            server.beginBatch()
            isOpen = connection.advance(with: &server, buffers: buffers, nowMilliseconds: 1)
            if readsEarly || offset == sent.count || !isOpen || connection.wantedEvents & 1 == 0 {
                received += receive(from: ends.client)
            }
        }
        server.reader.rest()
        expect(connection.pendingReplies == 0, "a reply is owed to nobody")
        check(received, against: sent)
    }

    /// The messages in `sent`, and whether what follows them ends the connection.
    private func messages(in sent: [UInt8]) -> (whole: [[UInt8]], isBroken: Bool) {
        var messages: [[UInt8]] = []
        var offset = 0
        while sent.count - offset >= 2 {
            let length = Int(sent[offset]) << 8 | Int(sent[offset + 1])
            guard length >= WireLimits.headerBytes else { return (messages, true) }
            guard sent.count - offset - 2 >= length else { break }
            messages.append(Array(sent[(offset + 2)..<(offset + 2 + length)]))
            offset += 2 + length
        }
        return (messages, false)
    }

    private func check(_ received: [UInt8], against sent: [UInt8]) {
        let asked = messages(in: sent)
        let expected = asked.whole.compactMap {
            sample.twin.serve($0, overTCP: true, client: .v4(0x0A00_0001))
        }
        var offset = 0
        var count = 0
        while offset < received.count {
            guard received.count - offset >= 2 else { break }
            let length = Int(received[offset]) << 8 | Int(received[offset + 1])
            guard received.count - offset - 2 >= length else { break }
            let reply = received[(offset + 2)..<(offset + 2 + length)]
            offset += 2 + length
            guard count < expected.count else { fatalError("more replies than queries") }
            let twin = expected[count]
            expect(reply.prefix(2) == twin.prefix(2), "replies out of order")
            expect(length == twin.count, "\(length) bytes, and \(twin.count) from a twin")
            expect(reply[reply.startIndex + 3] & 0x0F == twin[3] & 0x0F, "another response code")
            count += 1
        }
        // A connection that is broken off takes with it what its client has not read.
        guard !asked.isBroken else { return }
        expect(offset == received.count, "a reply is cut")
        expect(count == expected.count, "\(count) replies instead of \(expected.count)")
    }

    private func makePair(hasSmallBuffers: Bool) -> (server: CInt, client: CInt) {
        var ends: [CInt] = [0, 0]
        let type = CInt(SOCK_STREAM.rawValue) | CInt(SOCK_NONBLOCK.rawValue)
        guard unsafe socketpair(AF_UNIX, type, 0, &ends) == 0 else { fatalError("no sockets") }
        if hasSmallBuffers {
            var bytes: CInt = 4096
            let size = socklen_t(MemoryLayout<CInt>.size)
            unsafe setsockopt(ends[0], SOL_SOCKET, SO_SNDBUF, &bytes, size)
        }
        return (ends[0], ends[1])
    }

    private func send(_ piece: ArraySlice<UInt8>, to socket: CInt) -> Int {
        guard !piece.isEmpty else { return 0 }
        let count = unsafe piece.withUnsafeBytes { bytes in
            unsafe Glibc.send(socket, bytes.baseAddress, bytes.count, CInt(MSG_NOSIGNAL))
        }
        // Who has closed takes no more.
        return count < 0 ? (errno == EAGAIN ? 0 : piece.count) : count
    }

    private func receive(from socket: CInt) -> [UInt8] {
        var received: [UInt8] = []
        var part = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = unsafe recv(socket, &part, part.count, 0)
            guard count > 0 else { return received }
            received += part[..<count]
        }
    }
}
