import DNSWire
import Testing

@testable import DNSResponder

/// A fallback that answers SERVFAIL, or what it is given.
struct FixedFallback: QueryFallback {
    var reply = FallbackReply(responseCode: .serverFailure, isAuthoritative: false)

    func answer(_ query: FallbackQuery) -> FallbackReply { reply }
}

extension DomainName: ExpressibleByStringLiteral {
    /// Test names are literals; a bad one ends the test run.
    public init(stringLiteral text: String) {
        try! self.init(text)
    }
}

func testZone(_ apex: DomainName, serial: UInt32 = 1) -> PublishedZone {
    PublishedZone(
        apex: apex,
        primary: try! apex.prepending(label: "ns"),
        mailbox: try! apex.prepending(label: "hostmaster"),
        serial: serial,
        refreshSeconds: 3600,
        retrySeconds: 600,
        expireSeconds: 86400,
        minimumSeconds: 1,
        ttlSeconds: 5
    )
}

func addresses(_ texts: String..., rotates: Bool = false) -> PublishedRRset {
    PublishedRRset(
        type: .a,
        ttlSeconds: 5,
        rdata: texts.map { IPAddress($0)!.rdata },
        rotates: rotates
    )
}

/// A server over a table with `changes`, one reader.
func makeServer(
    _ changes: [TableChange],
    configuration: ResponderConfiguration = ResponderConfiguration(listen: []),
    fallback: FixedFallback = FixedFallback()
) throws -> InProcessServer {
    let table = AnswerTable(readers: 1)
    try table.apply(changes)
    return InProcessServer(configuration: configuration, table: table, fallback: fallback)!
}

extension InProcessServer {
    /// Asks for one name and type and decodes the reply.
    func ask(
        _ name: DomainName,
        _ type: RecordType,
        edns: EDNS? = EDNS(udpPayloadBytes: 1232),
        overTCP: Bool = false
    ) throws -> Message {
        let query = Message.query(id: 0x4242, name: name, type: type, edns: edns).encoded()
        let reply = serve(query, overTCP: overTCP)!
        // The question comes back byte for byte.
        let questionBytes = 12 + name.wire.count + 4
        precondition(Array(reply[12..<questionBytes]) == Array(query[12..<questionBytes]))
        return try Message(decoding: reply)
    }
}
