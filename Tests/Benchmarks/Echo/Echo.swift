internal import CDatagram

/// The floor under every DNS answer: receive a batch, set one bit in each message, send the batch.
///
/// Why: what the kernel takes to move packets is no server's merit or fault. A server's figure
/// divided by this one says what the server itself costs. It uses the responder's own batch, so
/// that both pay the same for system calls.
@main
enum Echo {
    /// As many as a worker of the responder takes at once.
    static let slots: UInt32 = 32
    static let messageBytesMax: UInt32 = 1232
    static let headerBytes: UInt32 = 12

    static func main() {
        let arguments = CommandLine.arguments
        guard 2...3 ~= arguments.count, let port = UInt16(arguments[1]) else {
            print("usage: echo PORT [joined]")
            return
        }
        var endpoint = datagram_endpoint()
        endpoint.family = 4
        endpoint.port = port
        endpoint.address.0 = 127
        endpoint.address.3 = 1
        let socket = unsafe datagram_open(&endpoint, 1)
        let poller = poller_create()
        guard socket >= 0, poller >= 0,
            poller_add(poller, socket, UInt32(POLLER_READABLE), 0) == 0,
            let batch = unsafe datagram_batch_create(slots, messageBytesMax, messageBytesMax)
        else {
            print("echo: cannot listen on port \(port)")
            return
        }
        // As the responder does; without it each reply goes by itself.
        if arguments.last == "joined" { _ = unsafe datagram_batch_join(batch) }
        print("echo: ready")
        var event = poller_event()
        while unsafe poller_wait(poller, &event, 1, -1) >= 0 {
            while true {
                let count = unsafe datagram_batch_receive(batch, socket)
                guard count > 0 else { break }
                unsafe reflect(batch, UInt32(count))
                _ = unsafe datagram_batch_send(batch, socket, UInt32(count))
            }
        }
    }

    /// Copies each message to its transmit slot and turns the query into a response.
    private static func reflect(_ batch: OpaquePointer, _ count: UInt32) {
        let received = unsafe datagram_batch_received(batch)
        let lengths = unsafe datagram_batch_to_send(batch)
        let queries = unsafe datagram_batch_receive_base(batch)
        let replies = unsafe datagram_batch_transmit_base(batch)
        let queryStride = unsafe Int(datagram_batch_receive_stride(batch))
        let replyStride = unsafe Int(datagram_batch_transmit_stride(batch))
        for slot in 0..<Int(count) {
            guard let received = unsafe received, let lengths = unsafe lengths,
                let queries = unsafe queries, let replies = unsafe replies
            else { return }
            let length = unsafe received[slot]
            guard length >= headerBytes else {
                unsafe lengths[slot] = 0
                continue
            }
            let reply = unsafe replies + slot * replyStride
            unsafe reply.update(from: queries + slot * queryStride, count: Int(length))
            unsafe reply[2] |= 0x80
            unsafe lengths[slot] = length
        }
    }
}
