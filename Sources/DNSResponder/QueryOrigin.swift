internal import CDatagram
internal import DNSWire

/// Where the queries of one batch come from.
///
/// Set once a batch and looked at only for the rare query, so that the others do not pay for it.
@unsafe enum QueryOrigin {
    /// No socket of ours: other transports, tests and tools, which may name a client.
    ///
    /// With a ticket the query may be answered later; `takesTransfers`: by several messages.
    case inProcess(client: IPAddress?, ticket: UInt64? = nil, takesTransfers: Bool = false)
    /// The slots of a batch that was received from `socket`.
    case datagrams(DatagramSlots, socket: Int32)
    case stream(StreamToken, client: IPAddress?)

    /// Who sent the query at `query`, a place in the batch's memory.
    func client(of query: UnsafePointer<UInt8>) -> IPAddress? {
        var endpoint = datagram_endpoint()
        switch unsafe self {
        case .inProcess(let client, _, _):
            return client
        case .datagrams(let slots, _):
            let slot = unsafe slots.slot(of: query)
            guard unsafe datagram_batch_endpoint(slots.batch, slot, &endpoint) == 0 else {
                return nil
            }
            return IPAddress(endpoint)
        case .stream(_, let client):
            return client
        }
    }
}

/// Where the datagrams of a batch are in memory.
@unsafe struct DatagramSlots {
    let batch: OpaquePointer
    let queries: UnsafeMutablePointer<UInt8>
    let queryStride: Int

    @inline(__always)
    func slot(of query: UnsafePointer<UInt8>) -> UInt32 {
        UInt32(truncatingIfNeeded: unsafe (query - UnsafePointer(queries)) / queryStride)
    }

    /// The sender of the slot whose buffer starts at `query`.
    func peer(of query: UnsafePointer<UInt8>) -> datagram_peer {
        var peer = datagram_peer()
        unsafe datagram_batch_peer(batch, slot(of: query), &peer)
        return peer
    }
}

/// One TCP connection, told apart from later ones with the same descriptor.
struct StreamToken: Hashable, Sendable {
    let descriptor: Int32
    let generation: UInt32
}

extension IPAddress {
    /// Takes an endpoint's address, without allocation.
    ///
    /// An IPv4 address that a socket for both families shows inside an IPv6 one (RFC 4291 §2.5.5.2)
    /// is taken out of it.
    init(_ endpoint: datagram_endpoint) {
        self = unsafe withUnsafeBytes(of: endpoint.address) { bytes in
            if endpoint.family == 4 {
                return .v4(unsafe UInt32(bigEndian: bytes.loadUnaligned(as: UInt32.self)))
            }
            let value = unsafe UInt128(bigEndian: bytes.loadUnaligned(as: UInt128.self))
            return value >> 32 == 0xFFFF ? .v4(UInt32(truncatingIfNeeded: value)) : .v6(value)
        }
    }
}
