import DNSWire
import TestSupport
import Testing

/// A DS question at the apex of a zone is the parent's, where one server has both.
@Suite(
    "RFC 4035 §3.1.4.1 and RFC 3658 §2.2.1.1: DS at the apex of a child zone",
    .serialized
)
struct ParentSideTests {
    private static let apex = """
        $TTL 60
        @ IN SOA ns hostmaster 1 3600 600 86400 15
        @ IN NS ns
        ns IN A 192.0.2.1

        """

    @Test("the parent answers: its DS, its NODATA, its NXDOMAIN")
    func staticZones() async throws {
        let scratch = try ScratchFolder()
        let digest = String(repeating: "00", count: 32)
        try scratch.write(
            Self.apex
                + "signed IN NS ns.signed\nsigned IN DS 1 8 2 \(digest)\nbare IN NS ns.bare\n",
            to: "zones/parent.example.zone"
        )
        for child in ["signed", "bare", "orphan"] {
            try scratch.write(Self.apex, to: "zones/\(child).parent.example.zone")
        }
        let server = try await RollcallProcess.start(["--ephemeral"], scratch: scratch)
        for kind in [NetworkSocket.Kind.udp, .tcp] {
            let signed = try server.dns.ask("signed.parent.example", .ds, over: kind)
            #expect(signed.answer.map(\.type) == [.ds])
            let bare = try server.dns.ask("bare.parent.example", .ds, over: kind)
            #expect(bare.responseCode == .noError)
            let orphan = try server.dns.ask("orphan.parent.example", .ds, over: kind)
            #expect(orphan.responseCode == .nameError)
            for reply in [bare, orphan] {
                #expect(reply.header.isAuthoritative && reply.answer.isEmpty)
                #expect(reply.authority.map(\.owner) == [try DomainName("parent.example")])
            }
            // All else at the apex is the child's.
            let soa = try server.dns.ask("bare.parent.example", .soa, over: kind)
            #expect(soa.answer.map(\.owner) == [try DomainName("bare.parent.example")])
            let none = try server.dns.ask("bare.parent.example", .mx, over: kind)
            #expect(none.authority.map(\.owner) == [try DomainName("bare.parent.example")])
        }
    }

    @Test("without a parent here the zone answers itself")
    func noParent() async throws {
        let server = try await RollcallProcess.start(["--ephemeral"])
        let reply = try server.dns.ask("consul", .ds)
        #expect(reply.responseCode == .noError && reply.header.isAuthoritative)
        #expect(reply.authority.map(\.owner) == [try DomainName("consul")])
    }

    @Test("a zone file above a domain of the catalog answers for it")
    func catalogDomain() async throws {
        let scratch = try ScratchFolder()
        try scratch.write(
            Self.apex + "services IN NS ns\n",
            to: "zones/corp.example.zone"
        )
        let server = try await RollcallProcess.start(
            ["--ephemeral", "--domain", "services.corp.example"],
            scratch: scratch
        )
        let reply = try server.dns.ask("services.corp.example", .ds)
        #expect(reply.responseCode == .noError && reply.answer.isEmpty)
        #expect(reply.authority.map(\.owner) == [try DomainName("corp.example")])
    }
}
