internal import DNSWire
internal import Synchronization

/// The slow path: values instead of bytes.
extension QueryServer {
    /// What is found at `entry` does not answer the name.
    @inline(never)
    mutating func leave(
        _ entry: UnsafeMutablePointer<NameEntry>,
        _ content: UnsafePointer<NameContent>,
        _ parsed: ParsedQuery,
        query: UnsafePointer<UInt8>,
        overTCP: Bool,
        into writer: inout ReplyWriter
    ) {
        let isMiss =
            unsafe entry.pointee.nameBytes < UInt8(truncatingIfNeeded: current.pointee.name.count)
        guard isMiss, unsafe content.pointee.below == NameContent.Below.nothing else {
            return unsafe askFallback(parsed, query: query, overTCP: overTCP, into: &writer)
        }
        let misses = unsafe entry.pointee.zone.pointee.misses.load(ordering: .relaxed)
        if misses & ZoneCell.Misses.mayBeAddresses != 0,
            let address = unsafe current.pointee.name.reverseAddress, reader.hasAddress(address)
        {
            return unsafe askFallback(parsed, query: query, overTCP: overTCP, into: &writer)
        }
        if misses & ZoneCell.Misses.areForwarded != 0, forwarding != nil,
            unsafe forward(parsed, query: query, overTCP: overTCP, into: &writer)
        {
            return
        }
        unsafe writer.negative(entry, isNameError: true)
    }

    private mutating func askFallback(
        _ parsed: ParsedQuery,
        query: UnsafePointer<UInt8>,
        overTCP: Bool,
        into writer: inout ReplyWriter
    ) {
        counters.add(1, to: WorkerCounters.Field.fallback)
        guard let asked = unsafe fallbackQuery(parsed, query: query, overTCP: overTCP) else {
            return
        }
        let answered = fallback.answer(asked)
        if let target = answered.outsideTarget,
            unsafe forward(
                asked,
                target: target,
                beginning: answered,
                parsed,
                query: query,
                into: &writer
            )
        {
            return
        }
        unsafe writer.write(answered, to: Question(name: asked.name, type: asked.type))
    }

    /// No zone encloses the name; that of an address of ours is a zone of its own.
    @inline(never)
    mutating func leaveZones(
        _ parsed: ParsedQuery,
        query: UnsafePointer<UInt8>,
        overTCP: Bool,
        into writer: inout ReplyWriter
    ) {
        if let address = unsafe current.pointee.name.reverseAddress, reader.hasAddress(address) {
            return unsafe askFallback(parsed, query: query, overTCP: overTCP, into: &writer)
        }
        if forwarding != nil,
            unsafe forward(parsed, query: query, overTCP: overTCP, into: &writer)
        {
            return
        }
        unsafe writer.outsideAllZones()
    }

    /// No zone has the name, or one that leaves what it does not have to others; false when no
    /// other is asked.
    @inline(never)
    private mutating func forward(
        _ parsed: ParsedQuery,
        query: UnsafePointer<UInt8>,
        overTCP: Bool,
        into writer: inout ReplyWriter
    ) -> Bool {
        guard let asked = unsafe fallbackQuery(parsed, query: query, overTCP: overTCP) else {
            return false
        }
        return unsafe forward(
            asked,
            target: asked.name,
            beginning: nil,
            parsed,
            query: query,
            into: &writer
        )
    }

    private func fallbackQuery(
        _ parsed: ParsedQuery,
        query: UnsafePointer<UInt8>,
        overTCP: Bool
    ) -> FallbackQuery? {
        let wire = unsafe Array(
            UnsafeBufferPointer(
                start: query + WireLimits.headerBytes,
                count: current.pointee.name.count
            )
        )
        guard let asked = try? DomainName(wire: wire) else { return nil }
        return FallbackQuery(
            name: asked,
            type: RecordType(rawValue: parsed.type),
            overTCP: overTCP,
            client: unsafe origin.client(of: query),
            clientSubnet: unsafe parsed.clientSubnet(in: query)
        )
    }

    private mutating func forward(
        _ asked: FallbackQuery,
        target: DomainName,
        beginning: FallbackReply?,
        _ parsed: ParsedQuery,
        query: UnsafePointer<UInt8>,
        into writer: inout ReplyWriter
    ) -> Bool {
        let isRecursionDesired = unsafe query[2] & 0x01 != 0
        guard let forwarding, isRecursionDesired else { return false }
        let forwarded = ForwardedQuery(
            asked: asked,
            target: target,
            beginning: beginning,
            dnssecOK: parsed.dnssecOK,
            checkingDisabled: unsafe query[3] & 0x10 != 0
        )
        let question = Question(name: asked.name, type: asked.type)
        switch forwarding.forwarder.decide(forwarded) {
        case .declined:
            return false
        case .answered(let reply):
            unsafe writer.write(reply, to: question)
        case .later:
            let head = unsafe writer.head(question)
            guard let pending = unsafe owe(head, to: query) else {
                unsafe writer.write(Self.tooManyPending, to: question)
                break
            }
            unsafe writer.leaveUnanswered()
            forwarding.forwarder.resolve(forwarded, into: pending)
        }
        return true
    }

    /// A reply for the sender of `query`; nil when too many are owed already.
    private mutating func owe(_ head: ReplyHead, to query: UnsafePointer<UInt8>) -> PendingReply? {
        guard let forwarding else { return nil }
        let budget = forwarding.budget
        let destination: ReplyDestination
        switch unsafe origin {
        case .inProcess(_, let ticket, _):
            guard let ticket, let deliver = forwarding.deliver,
                connectionPending < budget.perConnection, budget.take()
            else { return nil }
            connectionPending += 1
            destination = .inProcess(ticket: ticket, deliver: deliver)
        case .datagrams(let slots, let socket):
            guard forwarding.mailbox != nil, budget.take() else { return nil }
            destination = unsafe .datagram(socket: socket, peer: slots.peer(of: query))
        case .stream(let token, _):
            guard forwarding.mailbox != nil, connectionPending < budget.perConnection,
                budget.take()
            else { return nil }
            connectionPending += 1
            destination = .stream(token)
        }
        return PendingReply(
            head: head,
            destination: destination,
            mailbox: forwarding.mailbox,
            budget: budget
        )
    }

    private static var tooManyPending: FallbackReply {
        FallbackReply(
            responseCode: .serverFailure,
            isAuthoritative: false,
            note: ExtendedError(
                infoCode: ExtendedError.other,
                extraText: "too many queries wait for an answer"
            )
        )
    }
}
