import DNSWire
import Foundation
import TestSupport

/// Threads that ask DNS all the time and hold each answer against the model.
struct SoakAskers {
    let server: SoakServer
    let model: SoakModel
    let ledger: SoakLedger
    let services: [String]

    /// Every service has it, whatever was changed.
    private static let ttlSeconds: UInt32 = 5

    func start() -> [BackgroundThread] {
        let kinds: [NetworkSocket.Kind] = [.udp, .udp, .udp, .tcp]
        return kinds.map { kind in BackgroundThread { ask(over: kind, $0) } }
    }

    private func ask(over kind: NetworkSocket.Kind, _ thread: BackgroundThread) {
        var socket: NetworkSocket?
        var last = ContinuousClock.now
        var count = 0
        while !thread.isStopping {
            count += 1
            do {
                let open =
                    try socket
                    ?? NetworkSocket(kind, port: server.dnsPort, timeoutMilliseconds: 500)
                socket = open
                try askOnce(open, kind, turn: count)
                ledger.noteAnswer(after: last, at: .now)
                last = .now
            } catch {
                socket = nil
                usleep(2_000)
            }
            usleep(200)
        }
        ledger.noteAnswer(after: last, at: .now)
    }

    private func askOnce(_ socket: NetworkSocket, _ kind: NetworkSocket.Kind, turn: Int) throws {
        let isUnknown = turn.isMultiple(of: 17)
        let service = services[turn % services.count]
        let name = isUnknown ? "unknown-\(turn % 100)" : service
        let type: RecordType = turn.isMultiple(of: 5) ? .srv : .a
        let id = UInt16.random(in: 0...(.max))
        let query = Message.query(
            id: id,
            name: try DomainName("\(name).service.consul"),
            type: type,
            edns: EDNS(udpPayloadBytes: 1232)
        )
        let sent = ContinuousClock.now
        try socket.send(kind == .tcp ? DNSClient.framed(query.encoded()) : query.encoded())
        while true {
            let bytes =
                try kind == .tcp ? DNSClient.receiveFramed(from: socket) : socket.receive()
            let reply = try Message(decoding: bytes)
            // A reply to a query that was given up.
            guard reply.header.id == id else { continue }
            let received = ContinuousClock.now
            let fault =
                Self.formFault(reply, query, isUnknown)
                ?? (isUnknown || reply.header.isTruncated
                    ? nil
                    : model.fault(
                        in: Self.addresses(reply, type),
                        of: service,
                        sent: sent,
                        received: received
                    ))
            if let fault { ledger.noteWrong("\(type) over \(kind): \(fault)") }
            return
        }
    }

    /// The addresses of the answer; an SRV record's is the first label of its target.
    ///
    /// Address records beside SRV are left out when they do not fit.
    private static func addresses(_ reply: Message, _ type: RecordType) -> [String] {
        reply.answer.filter { $0.type == type }.map { record in
            let text = RData.text(type: type, rdata: record.rdata)
            guard type == .srv else { return text }
            // "1 1 80 0a000001.addr.dc1.consul."
            let label = text.split(separator: " ").last?.prefix { $0 != "." } ?? ""
            guard label.count == 8, let value = UInt32(label, radix: 16) else { return text }
            return [24, 16, 8, 0].map { "\(value >> $0 & 0xFF)" }.joined(separator: ".")
        }
    }

    /// What is wrong with the answer whatever is registered.
    private static func formFault(_ reply: Message, _ query: Message, _ isUnknown: Bool) -> String?
    {
        let name = query.questions[0].name
        if reply.questions != query.questions { return "another question came back" }
        if !reply.header.isAuthoritative { return "\(name): AA is not set" }
        if reply.edns == nil { return "\(name): no OPT" }
        let expected: ResponseCode = isUnknown ? .nameError : .noError
        if reply.responseCode != expected { return "\(name): code \(reply.responseCodeValue)" }
        if reply.answer.contains(where: { $0.owner != name }) { return "\(name): another's record" }
        if reply.answer.contains(where: { $0.type != query.questions[0].type }) {
            return "\(name): a record of another type"
        }
        if reply.answer.contains(where: { $0.ttlSeconds != ttlSeconds }) {
            return "\(name): the TTL is not \(ttlSeconds)"
        }
        if reply.answer.isEmpty, !reply.header.isTruncated,
            !reply.authority.contains(where: { $0.type == .soa })
        {
            return "\(name): empty without an SOA"
        }
        return nil
    }
}
