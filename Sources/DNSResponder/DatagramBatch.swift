internal import CDatagram

/// Receive and transmit slots of one worker, set up once.
@safe struct DatagramBatch: ~Copyable {
    let batch: OpaquePointer
    /// The slots' buffers, one after another.
    let queries: UnsafeMutablePointer<UInt8>
    let queryStride: Int
    let replies: UnsafeMutablePointer<UInt8>
    let replyStride: Int
    /// Bytes received, one count a slot.
    let received: UnsafePointer<UInt32>
    /// Bytes to send, one count a slot; 0 for silence.
    let toSend: UnsafeMutablePointer<UInt32>

    /// The kernel joins at most so many replies into one message.
    private static let slots = UInt32(QueryServer.batchMax)
    private static let receiveBytes: UInt32 = 4096

    init() {
        // Like any allocation in Swift, it either succeeds or ends the process; it happens at start
        // only.
        guard
            let batch = unsafe datagram_batch_create(
                Self.slots,
                Self.receiveBytes,
                UInt32(ReplySettings.udpPayloadBytesLimit)
            ),
            let queries = unsafe datagram_batch_receive_base(batch),
            let replies = unsafe datagram_batch_transmit_base(batch),
            let received = unsafe datagram_batch_received(batch),
            let toSend = unsafe datagram_batch_to_send(batch)
        else { preconditionFailure("no memory for \(Self.slots) datagrams") }
        _ = unsafe datagram_batch_join(batch)
        unsafe self.batch = unsafe batch
        unsafe self.queries = unsafe queries
        unsafe self.replies = unsafe replies
        unsafe self.received = unsafe received
        unsafe self.toSend = unsafe toSend
        queryStride = Int(unsafe datagram_batch_receive_stride(batch))
        replyStride = Int(unsafe datagram_batch_transmit_stride(batch))
    }

    deinit { unsafe datagram_batch_destroy(batch) }

    /// Where the queries are, for those that ask who sent one; valid as long as the batch.
    var slots: DatagramSlots {
        unsafe DatagramSlots(batch: batch, queries: queries, queryStride: queryStride)
    }

    var capacity: Int { Int(Self.slots) }

    /// Takes what waits in `socket`; the number of slots filled.
    func receive(from socket: Int32) -> Int {
        max(0, Int(unsafe datagram_batch_receive(batch, socket)))
    }

    /// Sends the replies of the first `count` slots; the number sent.
    func send(to socket: Int32, count: Int) -> Int {
        Int(unsafe datagram_batch_send(batch, socket, UInt32(truncatingIfNeeded: count)))
    }
}
