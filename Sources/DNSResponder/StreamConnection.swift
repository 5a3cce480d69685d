internal import CDatagram
internal import DNSWire

/// One TCP connection: a sequence of messages, each after its length (RFC 1035 §4.2.2, RFC 7766).
///
/// Many queries come with one read, and their replies go out with one write.
///
/// *Cost:* no allocation while queries come whole and the peer reads. Memory is bounded: input by
/// one message of the greatest length, output by `outputBytesMax` and the replies of one write.
final class StreamConnection {
    let token: StreamToken
    let client: IPAddress
    /// Bytes received and not yet served: a part of a message, or more when the peer does not read.
    private var held: [UInt8] = []
    /// Replies that the peer has not taken, from `outputStart` on.
    private var output: [UInt8] = []
    private var outputStart = 0
    /// When the last whole query came or the last reply was written whole.
    private(set) var progressMilliseconds: Int64
    /// True when the peer sends no more; the connection ends when all replies are out.
    private(set) var isPeerDone = false
    /// Replies that will come later.
    private(set) var pendingReplies = 0
    /// Held until the messages of transfers that wait in `output` have been written.
    private var turns: [TransferTurn] = []
    /// What the poller waits for.
    var events = StreamConnection.readable

    static let readable = UInt32(POLLER_READABLE)
    static let writable = UInt32(POLLER_WRITABLE)

    private static let lengthBytes = StreamBuffers.lengthBytes
    private static let headerBytes = 12
    /// With more than this to write, no further query is served until the peer has read.
    private static let outputBytesMax = 128 << 10
    /// A peer that sends without pause is left for the others after this many bytes.
    private static let readBytesMax = 64 << 10
    /// Arrays up to this size are kept for the next time.
    private static let keptBytesMax = 4096

    init(token: StreamToken, client: IPAddress, nowMilliseconds: Int64) {
        self.token = token
        self.client = client
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
        buffers: borrowing StreamBuffers,
        nowMilliseconds: Int64
    ) -> Bool {
        // A peer that sends no more and has all replies but the late ones can only have broken off.
        guard !isPeerDone || hasPendingOutput else { return false }
        guard flush(nowMilliseconds) else { return false }
        // What had to wait because the peer did not read.
        if !held.isEmpty, !isBacklogged {
            guard serve(0, with: &server, buffers, nowMilliseconds) else { return false }
        }
        var readBytes = 0
        while !isPeerDone, !isBacklogged, readBytes < Self.readBytesMax {
            let capacity = StreamBuffers.inputBytes - held.count
            let count = unsafe stream_read(
                descriptor,
                buffers.input + held.count,
                UInt64(capacity)
            )
            if count == -Int64(SystemError.wouldBlock) { break }
            guard count >= 0 else { return false }
            if count == 0 { isPeerDone = true }
            guard serve(Int(count), with: &server, buffers, nowMilliseconds) else { return false }
            // A short read has emptied the socket; the poller tells when there is more.
            if count < capacity { break }
            readBytes += Int(count)
        }
        return !isPeerDone || hasPendingOutput || pendingReplies > 0
    }

    /// Queues a reply that comes late, or a message of a zone transfer; `advance` writes it.
    func queueLate(_ reply: [UInt8], _ part: TransferPart?) {
        if part?.isLast ?? true { pendingReplies -= 1 }
        if let turn = part?.turn { turns.append(turn) }
        output.append(UInt8(truncatingIfNeeded: reply.count >> 8))
        output.append(UInt8(truncatingIfNeeded: reply.count))
        output.append(contentsOf: reply)
    }

    /// Serves the whole messages of `held` and the `count` bytes read behind it, and holds the rest;
    /// false when the connection is over, as after a message shorter than a header.
    private func serve(
        _ count: Int,
        with server: inout QueryServer,
        _ buffers: borrowing StreamBuffers,
        _ nowMilliseconds: Int64
    ) -> Bool {
        let input = unsafe buffers.input
        let output = unsafe buffers.output
        let available = held.count + count
        takeHeld(into: buffers)
        server.connectionPending = pendingReplies
        var tally = StreamTally()
        var offset = 0
        var outputCount = 0
        var goesOn = true
        while goesOn, available - offset >= Self.lengthBytes {
            let start = offset + Self.lengthBytes
            let length = unsafe Int(input[offset]) << 8 | Int(input[offset + 1])
            goesOn = length >= Self.headerBytes
            guard goesOn, available - start >= length else { break }
            if outputCount > StreamBuffers.outputBytesMax {
                goesOn = unsafe write(output, count: outputCount)
                outputCount = 0
                if !goesOn || isBacklogged { break }
            }
            let reply = unsafe output + outputCount
            let replyBytes = unsafe server.serve(
                input + start,
                count: length,
                reply: reply + Self.lengthBytes,
                overTCP: true
            )
            if replyBytes > 0 {
                unsafe reply[0] = UInt8(truncatingIfNeeded: replyBytes >> 8)
                unsafe reply[1] = UInt8(truncatingIfNeeded: replyBytes)
                outputCount += Self.lengthBytes + replyBytes
            }
            tally.add(receivedBytes: length, sentBytes: replyBytes)
            offset = start + length
        }
        pendingReplies = server.connectionPending
        if tally.messages > 0 {
            progressMilliseconds = nowMilliseconds
            server.count(tally)
        }
        if offset < available {
            unsafe held.append(
                contentsOf: UnsafeBufferPointer(start: input + offset, count: available - offset)
            )
        }
        if outputCount > 0, unsafe !write(output, count: outputCount) { return false }
        return goesOn
    }

    /// Moves `held` to the start of the input.
    private func takeHeld(into buffers: borrowing StreamBuffers) {
        guard !held.isEmpty else { return }
        unsafe held.withUnsafeBufferPointer { bytes in
            guard let base = bytes.baseAddress else { return }
            unsafe buffers.input.update(from: base, count: bytes.count)
        }
        held.removeAll(keepingCapacity: held.capacity <= Self.keptBytesMax)
    }

    /// Writes `count` bytes behind what waits already, and keeps what the peer does not take; false
    /// when it is gone.
    private func write(_ bytes: UnsafePointer<UInt8>, count: Int) -> Bool {
        var written = 0
        while !hasPendingOutput, written < count {
            let result = unsafe stream_write(descriptor, bytes + written, UInt64(count - written))
            if result == -Int64(SystemError.wouldBlock) { break }
            guard result > 0 else { return false }
            written += Int(result)
        }
        if written < count {
            unsafe output.append(
                contentsOf: UnsafeBufferPointer(start: bytes + written, count: count - written)
            )
        }
        return true
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
            output.removeAll(keepingCapacity: output.capacity <= Self.keptBytesMax)
            giveTurnsBack()
        }
        return true
    }

    /// Lets the transfers whose messages have been written go on.
    private func giveTurnsBack() {
        guard !turns.isEmpty else { return }
        for turn in turns { turn.messageWasTaken() }
        turns.removeAll()
    }

    /// Forgets what a slow peer has read already, now and then.
    private func dropWritten() {
        guard outputStart >= Self.outputBytesMax else { return }
        output.removeFirst(outputStart)
        outputStart = 0
    }
}

/// What was served of one read.
struct StreamTally {
    private(set) var messages = 0
    private(set) var receivedBytes = 0
    private(set) var sentBytes = 0

    mutating func add(receivedBytes: Int, sentBytes: Int) {
        messages += 1
        self.receivedBytes += receivedBytes
        self.sentBytes += sentBytes
    }
}
