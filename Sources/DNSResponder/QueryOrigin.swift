internal import CDatagram
internal import DNSWire

/// Where the queries of one batch come from.
///
/// Set once a batch and looked at only for the rare query, so that the others do not pay for it.
@unsafe enum QueryOrigin {
    /// No socket: tests and tools, which may name a client.
    case inProcess(client: IPAddress?)
    /// The slots of a batch that was received from `socket`.
    case datagrams(DatagramSlots, socket: Int32)
    case stream(StreamToken)

    /// Who sent the query at `query`, a place in the batch's memory.
    func client(of query: UnsafePointer<UInt8>) -> IPAddress? {
        var endpoint = datagram_endpoint()
        switch unsafe self {
        case .inProcess(let client):
            return client
        case .datagrams(let slots, _):
            var peer = unsafe slots.peer(of: query)
            guard unsafe datagram_peer_endpoint(&peer, &endpoint) == 0 else { return nil }
        case .stream(let token):
            guard unsafe socket_peer_endpoint(token.descriptor, &endpoint) == 0 else { return nil }
        }
        return ListenAddress(endpoint)?.address.unmapped
    }
}

/// Where the datagrams of a batch are in memory.
@unsafe struct DatagramSlots {
    let batch: OpaquePointer
    let queries: UnsafeMutablePointer<UInt8>
    let queryStride: Int

    /// The sender of the slot whose buffer starts at `query`.
    func peer(of query: UnsafePointer<UInt8>) -> datagram_peer {
        let slot = unsafe (query - UnsafePointer(queries)) / queryStride
        var peer = datagram_peer()
        unsafe datagram_batch_peer(batch, UInt32(truncatingIfNeeded: slot), &peer)
        return peer
    }
}

/// One TCP connection, told apart from later ones with the same descriptor.
struct StreamToken: Hashable, Sendable {
    let descriptor: Int32
    let generation: UInt32
}

extension IPAddress {
    /// The IPv4 address that a socket for both families shows inside an IPv6 one (RFC 4291
    /// §2.5.5.2).
    fileprivate var unmapped: IPAddress {
        guard case .v6(let value) = self, value >> 32 == 0xFFFF else { return self }
        return .v4(UInt32(truncatingIfNeeded: value))
    }
}
