import DNSWire
import Testing

@testable import DNSResponder

/// A fallback that answers SERVFAIL, or what it is given.
struct FixedFallback: QueryFallback {
    var reply = FallbackReply(responseCode: .serverFailure, isAuthoritative: false)

    func answer(_ query: FallbackQuery) -> FallbackReply { reply }
}

/// A name that is written in a test; a bad one ends the test run.
func name(_ text: String) -> DomainName {
    do {
        return try DomainName(text)
    } catch {
        preconditionFailure("\(text): \(error)")
    }
}

extension DomainName: ExpressibleByStringLiteral {
    /// See `name`.
    public init(stringLiteral text: String) {
        self = name(text)
    }
}

func testZone(_ apex: DomainName, serial: UInt32 = 1) -> PublishedZone {
    let suffix = apex.isRoot ? "" : "\(apex)"
    return PublishedZone(
        apex: apex,
        primary: name("ns." + suffix),
        mailbox: name("hostmaster." + suffix),
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
        rdata: texts.compactMap { IPAddress($0)?.rdata },
        rotates: rotates
    )
}

func published(
    _ name: DomainName,
    _ rrsets: PublishedRRset...,
    below: PublishedName.Below = .nothing
) -> TableChange {
    .name(PublishedName(name: name, here: .rrsets(rrsets), below: below))
}

/// `count` SRV records, each with its target's address in the additional records.
func services(_ count: Int, node: String = "node.consul.", rotates: Bool = true) -> PublishedRRset {
    let targets = (0..<count).map { name("n\($0).\(node)") }
    return PublishedRRset(
        type: .srv,
        ttlSeconds: 5,
        rdata: targets.enumerated().map { index, target in
            RData.srv(priority: 1, weight: 1, port: UInt16(index), target: target)
        },
        additional: targets.enumerated().map { index, target in
            ResourceRecord(
                owner: target,
                type: .a,
                ttlSeconds: 5,
                rdata: IPAddress.v4(0x0A00_0000 + UInt32(index)).rdata
            )
        },
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
    return try #require(
        InProcessServer(configuration: configuration, table: table, fallback: fallback)
    )
}

extension InProcessServer {
    /// Asks for one name and type and decodes the reply, after checking what every reply must have.
    func ask(
        _ name: DomainName,
        _ type: RecordType,
        edns: EDNS? = EDNS(udpPayloadBytes: 1232),
        overTCP: Bool = false
    ) throws -> Message {
        let query = Message.query(id: 0x4242, name: name, type: type, edns: edns).encoded()
        let reply = try #require(serve(query, overTCP: overTCP))
        let questionEnd = 12 + name.wire.count + 4
        #expect(Array(reply[12..<questionEnd]) == Array(query[12..<questionEnd]))
        let sizeMax = overTCP ? 65_535 : min(max(Int(edns?.udpPayloadBytes ?? 512), 512), 1232)
        #expect(reply.count <= sizeMax)
        let message = try Message(decoding: reply)
        #expect(message.header.id == 0x4242)
        #expect(message.header.isResponse)
        #expect((message.edns == nil) == (edns == nil))
        return message
    }
}
