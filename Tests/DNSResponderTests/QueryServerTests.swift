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

    @Test("NXDOMAIN carries its zone's note, and nothing else does")
    func nameErrorNote() throws {
        var zone = testZone("consul.")
        let note = ExtendedError(infoCode: ExtendedError.prohibited, extraText: "rule")
        zone.nameErrorNote = note
        let server = try makeServer([.zone(zone)] + changes.dropFirst())
        let missing = try server.ask("secret.service.consul.", .a)
        #expect(missing.responseCode == .nameError)
        #expect(missing.authority.map(\.owner) == ["consul."])
        #expect(missing.edns?.extendedErrors == [note])
        #expect(try server.ask("service.consul.", .a).edns?.extendedErrors == [])
        #expect(
            try server.ask("web.service.consul.", .a).edns?.extendedErrors.map(\.extraText)
                == ["2/3 unhealthy"]
        )
        let below = try server.ask("x.web.service.consul.", .a)
        #expect(below.edns?.extendedErrors == [note])
    }

    @Test("names of any length with the same records answer alike, with what DNS names they hold")
    func sameRecords() throws {
        let names: [DomainName] = [
            "web.service.consul.", "_web._tcp.service.dc1.consul.", "a.consul.",
            "primary.v2.web.service.dc1.consul.",
        ]
        var withStranger = services(3)
        let stranger = ResourceRecord(
            owner: "ns.service.consul.",
            type: .a,
            ttlSeconds: 5,
            rdata: [192, 0, 2, 1]
        )
        withStranger.additional.append(stranger)
        for rrset in [services(3), withStranger] {
            let rrsets = [addresses("10.0.1.1"), rrset]
            let published = names.map {
                TableChange.name(PublishedName(name: $0, here: .rrsets(rrsets)))
            }
            let server = try makeServer([.zone(testZone("consul."))] + published)
            for name in names {
                let reply = try server.ask(name, .srv)
                #expect(reply.answer.allSatisfy { $0.owner == name })
                #expect(Set(reply.answer.map(\.rdata)) == Set(rrset.rdata))
                #expect(Set(reply.additional) == Set(rrset.additional))
                #expect(try server.ask(name, .a).answer.map(\.rdata) == [[10, 0, 1, 1]])
            }
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
