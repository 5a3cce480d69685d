import DNSWire
import Testing

@testable import DNSResponder

@Suite("One query")
struct QueryServerTests {
    private let changes: [TableChange] = [
        .zone(testZone("consul.")),
        .name(
            PublishedName(
                name: "web.service.consul.",
                here: .rrsets([addresses("10.0.1.1", "10.0.1.2", "10.0.1.3", rotates: true)]),
                note: ExtendedError(infoCode: 0, extraText: "2/3 unhealthy")
            )
        ),
    ]

    @Test("a published name answers its type with AA and the question's case")
    func positive() throws {
        let reply = try makeServer(changes).ask("WEB.service.Consul.", .a)
        #expect(reply.responseCode == .noError)
        #expect(reply.header.isAuthoritative)
        #expect(
            Set(reply.answer.map { IPAddress(rdata: $0.rdata)!.description }) == [
                "10.0.1.1", "10.0.1.2", "10.0.1.3",
            ]
        )
        #expect(reply.edns?.udpPayloadBytes == 1232)
        #expect(
            reply.edns?.extendedErrors == [ExtendedError(infoCode: 0, extraText: "2/3 unhealthy")]
        )
    }

    @Test("another type is NODATA, an empty non-terminal too, and a name below it NXDOMAIN")
    func negative() throws {
        let server = try makeServer(changes)
        for (name, type, code) in [
            ("web.service.consul.", RecordType.aaaa, ResponseCode.noError),
            ("service.consul.", .a, .noError), ("nope.service.consul.", .a, .nameError),
            ("a.b.web.service.consul.", .a, .nameError), ("consul.", .a, .noError),
        ] as [(DomainName, RecordType, ResponseCode)] {
            let reply = try server.ask(name, type)
            #expect(reply.responseCode == code)
            #expect(reply.answer.isEmpty)
            #expect(reply.authority.map(\.owner) == ["consul."])
            #expect(reply.authority.map(\.ttlSeconds) == [1])
            #expect(reply.header.isAuthoritative)
        }
    }

    @Test("a name outside every zone is REFUSED without AA")
    func outside() throws {
        let reply = try makeServer(changes).ask("example.org.", .a)
        #expect(reply.responseCode == .refused)
        #expect(!reply.header.isAuthoritative)
    }

    @Test("before the first zone every name gets SERVFAIL with the error Not Ready")
    func notReady() throws {
        let reply = try makeServer([]).ask("consul.", .a)
        #expect(reply.responseCode == .serverFailure)
        #expect(reply.edns?.extendedErrors.map(\.infoCode) == [14])
    }
}
