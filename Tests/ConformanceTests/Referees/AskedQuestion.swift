import DNSWire
import TestSupport

/// One question and the way it is asked.
struct AskedQuestion: CustomStringConvertible {
    /// How a client may ask: transport and what it says about itself.
    enum Manner: Int, CaseIterable {
        case stream, streamEDNS, streamDNSSEC, datagram, datagramEDNS, datagramDNSSEC

        var isStream: Bool { rawValue < 3 }

        var edns: EDNS? {
            switch self {
            case .stream, .datagram: nil
            case .streamEDNS, .datagramEDNS: EDNS(udpPayloadBytes: 1232)
            case .streamDNSSEC, .datagramDNSSEC: EDNS(udpPayloadBytes: 1232, dnssecOK: true)
            }
        }
    }

    let name: DomainName
    let type: RecordType
    let manner: Manner

    var description: String { "\(name) \(type) \(manner)" }

    init(name: DomainName, type: RecordType, manner: Manner) {
        self.name = name
        self.type = type
        self.manner = manner
    }

    init(_ name: String, _ type: RecordType, _ manner: Manner) throws {
        self.init(name: try DomainName(name), type: type, manner: manner)
    }

    /// Replies that are awaited at a time: as datagrams what a socket's buffer holds.
    ///
    /// One over TCP: servers that write each reply by itself wait for its acknowledgement.
    private static let windowMax = (stream: 1, datagrams: 16)

    /// Asks one server all of `questions`, many at a time; the replies in the same order.
    static func ask(
        _ questions: [AskedQuestion],
        stream: NetworkSocket,
        datagrams: NetworkSocket
    ) throws -> [Message] {
        var replies = [Message?](repeating: nil, count: questions.count)
        for manners in [true, false] {
            let chosen = questions.indices.filter { questions[$0].manner.isStream == manners }
            let windowMax = manners ? windowMax.stream : windowMax.datagrams
            var start = 0
            while start < chosen.count {
                let window = chosen[start..<min(start + windowMax, chosen.count)]
                let queries = window.map { index in
                    Message.query(
                        id: UInt16(index),
                        name: questions[index].name,
                        type: questions[index].type,
                        edns: questions[index].manner.edns
                    ).encoded()
                }
                if manners {
                    try stream.send(queries.flatMap(DNSClient.framed))
                } else {
                    for query in queries { try datagrams.send(query) }
                }
                for _ in window {
                    do {
                        let bytes =
                            try manners
                            ? DNSClient.receiveFramed(from: stream) : datagrams.receive()
                        let reply = try Message(decoding: bytes)
                        replies[Int(reply.header.id)] = reply
                    } catch {
                        let missing = window.filter { replies[$0] == nil }.map { questions[$0] }
                        throw UnexpectedAnswer(description: "\(error), waiting for \(missing)")
                    }
                }
                start += windowMax
            }
        }
        return try zip(questions, replies).map { question, reply in
            guard let reply else { throw UnexpectedAnswer(description: "\(question): no reply") }
            return reply
        }
    }
}
