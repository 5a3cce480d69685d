internal import CDatagram

/// One TCP connection: a sequence of messages, each after its length (RFC 1035 §4.2.2, RFC 7766).
///
/// Memory is bounded: input by one message, output by `outputBytesMax` and one reply.
final class StreamConnection {
    let token: StreamToken
    /// Bytes received and not yet served, then free space, then slack for whole-word loads.
    private var input = [UInt8](repeating: 0, count: 2048 + slackBytes)
    private var inputCount = 0
    /// Replies not yet written, from `outputStart` on.
    private var output: [UInt8] = []
    private var outputStart = 0
    /// When the last whole query came or the last reply was written whole.
    private(set) var progressMilliseconds: Int64
    /// True when the peer sends no more; the connection ends when all replies are out.
    private(set) var isPeerDone = false
    /// Replies that will come later.
    private(set) var pendingReplies = 0
    /// What the poller waits for.
    var events = StreamConnection.readable

    static let readable = UInt32(POLLER_READABLE)
    static let writable = UInt32(POLLER_WRITABLE)

    private static let slackBytes = 64
    private static let lengthBytes = 2
    /// With more than this to write, no further query is served until the peer has read.
    private static let outputBytesMax = 128 << 10
    /// A peer that sends without pause is left for the others after this many reads.
    private static let readsMax = 16

    init(token: StreamToken, nowMilliseconds: Int64) {
        self.token = token
        progressMilliseconds = nowMilliseconds
    }

    deinit { descriptor_close(descriptor) }

    var descriptor: Int32 { token.descriptor }
    private var pendingBytes: Int { output.count - outputStart }
    var hasPendingOutput: Bool { pendingBytes > 0 }
    private var isBacklogged: Bool { pendingBytes >= Self.outputBytesMax }

    /// The events to wait for now.
    var wantedEvents: UInt32 {
        (isBacklogged || isPeerDone ? 0 : Self.readable) | (hasPendingOutput ? Self.writable : 0)
    }

    /// Reads, serves and writes as far as it goes without blocking; false when the connection is
    /// over.
    func advance(
        with server: inout QueryServer,
        scratch: UnsafeMutablePointer<UInt8>,
        nowMilliseconds: Int64
    ) -> Bool {
        // A peer that sends no more and has all replies but the late ones can only have broken off.
        guard !isPeerDone || hasPendingOutput else { return false }
        guard unsafe serveAndFlush(with: &server, scratch, nowMilliseconds) else { return false }
        for _ in 0..<Self.readsMax where !isPeerDone && !isBacklogged {
            let count = receive()
            if count == -Int64(SystemError.wouldBlock) { break }
            guard count >= 0 else { return false }
            if count == 0 { isPeerDone = true }
            inputCount += Int(count)
            guard unsafe serveAndFlush(with: &server, scratch, nowMilliseconds) else {
                return false
            }
        }
        return !isPeerDone || hasPendingOutput || pendingReplies > 0
    }

    /// Queues a reply that comes late; `advance` writes it.
    func queueLate(_ reply: [UInt8]) {
        pendingReplies -= 1
        output.append(UInt8(truncatingIfNeeded: reply.count >> 8))
        output.append(UInt8(truncatingIfNeeded: reply.count))
        output.append(contentsOf: reply)
    }

    /// Serves and writes by turns until the input holds no whole message or the peer does not read.
    private func serveAndFlush(
        with server: inout QueryServer,
        _ scratch: UnsafeMutablePointer<UInt8>,
        _ nowMilliseconds: Int64
    ) -> Bool {
        repeat {
            guard flush(nowMilliseconds), unsafe serve(with: &server, scratch, nowMilliseconds),
                flush(nowMilliseconds)
            else { return false }
        } while !isBacklogged && hasWholeMessage
        return true
    }

    private var hasWholeMessage: Bool {
        guard inputCount >= Self.lengthBytes else { return false }
        return inputCount - Self.lengthBytes >= Int(input[0]) << 8 | Int(input[1])
    }

    private func receive() -> Int64 {
        let capacity = input.count - Self.slackBytes
        return unsafe input.withUnsafeMutableBytes { bytes in
            guard let base = bytes.baseAddress else { return 0 }
            return unsafe stream_read(descriptor, base + inputCount, UInt64(capacity - inputCount))
        }
    }

    /// Serves the whole messages of the input; false for one that is shorter than a header.
    private func serve(
        with server: inout QueryServer,
        _ scratch: UnsafeMutablePointer<UInt8>,
        _ nowMilliseconds: Int64
    ) -> Bool {
        var offset = 0
        while inputCount - offset >= Self.lengthBytes, !isBacklogged {
            let length = Int(input[offset]) << 8 | Int(input[offset + 1])
            guard length >= 12 else { return false }
            let start = offset + Self.lengthBytes
            guard inputCount - start >= length else {
                makeRoom(for: Self.lengthBytes + length)
                break
            }
            server.connectionPending = pendingReplies
            let replyBytes = unsafe input.withUnsafeBufferPointer { bytes in
                guard let base = bytes.baseAddress else { return 0 }
                return unsafe server.serve(
                    base + start,
                    count: length,
                    reply: scratch,
                    overTCP: true
                )
            }
            pendingReplies = server.connectionPending
            if replyBytes > 0 {
                output.append(UInt8(replyBytes >> 8))
                output.append(UInt8(truncatingIfNeeded: replyBytes))
                unsafe output.append(
                    contentsOf: UnsafeBufferPointer(start: scratch, count: replyBytes)
                )
            }
            server.countStream(receivedBytes: length, sentBytes: replyBytes)
            progressMilliseconds = nowMilliseconds
            offset = start + length
        }
        discard(offset)
        return true
    }

    /// Makes the input large enough for a message of `count` bytes with its length.
    private func makeRoom(for count: Int) {
        let missing = count + Self.slackBytes - input.count
        if missing > 0 { input.append(contentsOf: repeatElement(0, count: missing)) }
    }

    private func discard(_ count: Int) {
        guard count > 0 else { return }
        for index in count..<inputCount { input[index - count] = input[index] }
        inputCount -= count
    }

    /// Writes what waits; false when the peer is gone.
    private func flush(_ nowMilliseconds: Int64) -> Bool {
        while hasPendingOutput {
            let written = unsafe output.withUnsafeBytes { bytes in
                guard let base = bytes.baseAddress else { return Int64(0) }
                return unsafe stream_write(descriptor, base + outputStart, UInt64(pendingBytes))
            }
            if written == -Int64(SystemError.wouldBlock) {
                dropWritten()
                return true
            }
            guard written > 0 else { return false }
            outputStart += Int(written)
        }
        if outputStart > 0 {
            // The memory of a large reply is not kept for the small ones.
            progressMilliseconds = nowMilliseconds
            outputStart = 0
            output.removeAll(keepingCapacity: output.count <= 4096)
        }
        return true
    }

    /// Forgets what a slow peer has read already, now and then.
    private func dropWritten() {
        guard outputStart >= Self.outputBytesMax else { return }
        output.removeFirst(outputStart)
        outputStart = 0
    }
}
