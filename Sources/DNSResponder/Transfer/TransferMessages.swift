internal import DNSWire

/// Cuts a zone into messages (RFC 5936 §2.2).
///
/// Each is made when it is asked for, so that no more than one is in memory.
struct TransferMessages {
    /// One message, and what is in it.
    struct Part {
        var bytes: [UInt8]
        var records: Int
        /// True when the closing SOA is in it.
        var isLast: Bool
    }

    private let head: ReplyHead
    private let contents: any ZoneContents
    private let startOfAuthority: ResourceRecord
    private var state = State.opening
    private var rrset: TransferredRRset?
    private var rrsetIndex = 0

    private enum State { case opening, records, closing, done }

    /// Names can be pointed to up to here, so longer messages compress worse; NSD and Knot stop
    /// there too.
    private static let bytesMax = WireLimits.pointerReachBytes

    init(_ contents: any ZoneContents, head: ReplyHead) {
        self.head = head
        self.contents = contents
        startOfAuthority = contents.startOfAuthority
    }

    /// The next message; nil for a record that no message can hold, and after the last.
    ///
    /// The first has the question and, for a client with EDNS, an OPT record; the others have
    /// records only (RFC 5936 §2.2.2 and §2.2.5).
    mutating func next() -> Part? {
        var writer = MessageWriter()
        let isFirst = state == .opening
        write(&writer, isFirst: isFirst)
        let reserved = isFirst ? head.edns.map { 11 + $0.rdata.count } ?? 0 : 0
        var count = 0
        while let record = current {
            // One that is longer than that has a message of its own.
            let bytesMax = count == 0 ? WireLimits.messageBytesMax : Self.bytesMax
            guard writer.write(record, bytesMax: bytesMax - reserved) else { break }
            count += 1
            advance()
        }
        guard count > 0 else { return nil }
        writer.patch(UInt16(count), at: 6)
        if isFirst, let edns = head.edns {
            writer.write(edns)
            writer.patch(1, at: 10)
        }
        return Part(bytes: writer.bytes, records: count, isLast: state == .done)
    }

    private func write(_ writer: inout MessageWriter, isFirst: Bool) {
        var header = head.header
        header.isAuthoritative = true
        writer.write(header.id)
        writer.write(header.flags)
        writer.write(UInt16(isFirst ? 1 : 0))
        for _ in 0..<3 { writer.write(UInt16(0)) }
        if isFirst { writer.write(head.question) }
    }

    /// The record to be written next; nil when all are.
    private var current: ResourceRecord? {
        switch state {
        case .opening, .closing: return startOfAuthority
        case .done: return nil
        case .records:
            return rrset.map {
                ResourceRecord(
                    owner: $0.owner,
                    type: $0.type,
                    ttlSeconds: $0.ttlSeconds,
                    rdata: $0.rdata[rrsetIndex]
                )
            }
        }
    }

    /// Moves past the record that was written.
    private mutating func advance() {
        switch state {
        case .opening:
            state = .records
            takeNext()
        case .records:
            rrsetIndex += 1
            if rrsetIndex == rrset?.rdata.count { takeNext() }
        case .closing, .done:
            state = .done
        }
    }

    private mutating func takeNext() {
        rrsetIndex = 0
        repeat { rrset = contents.next() } while rrset?.rdata.isEmpty == true
        if rrset == nil { state = .closing }
    }
}
