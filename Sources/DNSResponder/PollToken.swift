/// What a descriptor in the poller is, packed into the poller's 64 bits.
struct PollToken {
    enum Kind: UInt32 {
        case wakeup, datagrams, listener, connection, mailbox
    }

    let kind: Kind
    let descriptor: Int32

    init(kind: Kind, descriptor: Int32) {
        self.kind = kind
        self.descriptor = descriptor
    }

    init?(rawValue: UInt64) {
        guard let kind = Kind(rawValue: UInt32(truncatingIfNeeded: rawValue >> 32)) else {
            return nil
        }
        self.kind = kind
        descriptor = Int32(truncatingIfNeeded: rawValue)
    }

    var rawValue: UInt64 {
        UInt64(kind.rawValue) << 32 | UInt64(UInt32(bitPattern: descriptor))
    }
}
