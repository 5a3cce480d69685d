import DNSWire

/// Extended DNS errors (RFC 8914) of an answer.
enum ExtendedErrors {
    /// The codes, in order.
    static func codes(of message: Message) -> [UInt16] {
        (message.edns?.options ?? [])
            .filter { $0.code == EDNS.Option.extendedError && $0.payload.count >= 2 }
            .map { UInt16($0.payload[0]) << 8 | UInt16($0.payload[1]) }
    }
}
