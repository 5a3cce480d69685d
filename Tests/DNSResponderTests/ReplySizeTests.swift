import DNSWire
import Testing

@testable import DNSResponder

@Suite("Size and rotation")
struct ReplySizeTests {
    @Test(
        "an RRset of 10,000 records is cut with TC over UDP and as far as 65,535 bytes go over TCP"
    )
    func tenThousand() throws {
        let rdata = (0..<10_000).map { IPAddress.v4(UInt32($0)).rdata }
        let rrset = PublishedRRset(type: .a, ttlSeconds: 5, rdata: rdata, rotates: true)
        let server = try makeServer([.zone(testZone("consul.")), published("big.consul.", rrset)])
        for edns in [nil, EDNS(udpPayloadBytes: 1232)] {
            let reply = try server.ask("big.consul.", .a, edns: edns)
            let space = (edns == nil ? 512 : 1232 - 11) - 12 - 16
            #expect(reply.header.isTruncated)
            #expect(reply.answer.count == space / 16)
        }
        let whole = try server.ask("big.consul.", .a, overTCP: true)
        #expect(whole.header.isTruncated)
        #expect(whole.answer.count == (65_535 - 28 - 11) / 16)
        #expect(Set(whole.answer.map(\.rdata)).count == whole.answer.count)
    }

    @Test("additional records go first, whole, without TC; the OPT stays", arguments: 1...60)
    func additional(count: Int) throws {
        let server = try makeServer([
            .zone(testZone("consul.")), published("s.consul.", services(count)),
        ])
        for payload in [512, 800, 1232] as [UInt16] {
            let reply = try server.ask("s.consul.", .srv, edns: EDNS(udpPayloadBytes: payload))
            #expect(reply.header.isTruncated == (reply.answer.count < count))
            if reply.header.isTruncated { #expect(reply.additional.isEmpty) }
            checkPairs(reply)
        }
        let whole = try server.ask("s.consul.", .srv, overTCP: true)
        #expect(whole.answer.count == count)
        #expect(whole.additional.count == count)
    }

    /// Each additional record is the address that belongs to a target, wherever rotation put it.
    private func checkPairs(_ reply: Message) {
        var portOfTarget: [DomainName: Int] = [:]
        for answer in reply.answer {
            var reader = MessageReader(answer.rdata, offset: 4)
            let port = try? reader.readUInt16()
            guard let port, let target = try? reader.readName() else { continue }
            portOfTarget[target] = Int(port)
        }
        #expect(portOfTarget.count == reply.answer.count)
        for record in reply.additional {
            let port = portOfTarget[record.owner]
            #expect(port.map { IPAddress.v4(0x0A00_0000 + UInt32($0)).rdata } == record.rdata)
        }
    }

    @Test("pointers stay right for every start, also under a wildcard and with targets far away")
    func relocation() throws {
        let changes: [TableChange] = [
            .zone(testZone("consul.")),
            published(
                "s.consul.",
                services(5),
                below: .wildcard([services(7, node: "other.test.")])
            ),
            published("huge.consul.", services(400)),
        ]
        let server = try makeServer(changes)
        var starts: Set<[UInt8]> = []
        for round in 0..<200 {
            let here = try server.ask("s.consul.", .srv)
            starts.insert(here.answer[0].rdata)
            checkPairs(here)
            let below = try server.ask(name("x\(round).y.s.consul."), .srv)
            #expect(below.answer.count == 7)
            #expect(below.additional.count == 7)
            checkPairs(below)
        }
        #expect(starts.count == 5)
        let huge = try server.ask("huge.consul.", .srv, overTCP: true)
        #expect(huge.additional.count == 400)
        checkPairs(huge)
    }

    @Test("every record comes first about equally often")
    func fairness() throws {
        let rrset = addresses("10.0.0.1", "10.0.0.2", "10.0.0.3", rotates: true)
        let server = try makeServer([
            .zone(testZone("consul.")), published("web.consul.", rrset),
        ])
        var counts: [[UInt8]: Int] = [:]
        for _ in 0..<6000 {
            let reply = try server.ask("web.consul.", .a)
            counts[reply.answer[0].rdata, default: 0] += 1
            #expect(Set(reply.answer.map(\.rdata)).count == 3)
        }
        // Six standard deviations around 2000.
        #expect(counts.values.allSatisfy { (1780...2220).contains($0) })
        #expect(counts.count == 3)
    }

    @Test("answers without rotation keep their order")
    func order() throws {
        let server = try makeServer([
            .zone(testZone("consul.")), published("web.consul.", addresses("10.0.0.2", "10.0.0.1")),
        ])
        for _ in 0..<20 {
            let reply = try server.ask("web.consul.", .a)
            #expect(reply.answer.map { $0.rdata[3] } == [2, 1])
        }
    }

    @Test("a negative answer whose SOA does not fit has TC")
    func longNegative() throws {
        let label = String(repeating: "x", count: 60)
        let apex = name("\(label).\(label).\(label).")
        let server = try makeServer([.zone(testZone(apex))])
        let missing = try apex.prepending(label: label)
        #expect(try server.ask(missing, .a, edns: nil).header.isTruncated)
        #expect(try server.ask(missing, .a, overTCP: true).authority.count == 1)
    }

    @Test("a referral has its cut as owner, its glue, no AA; glue that does not fit sets TC")
    func referral() throws {
        func delegation(_ count: Int) -> TableChange {
            let servers = (0..<count).map { name("ns\($0).cut.consul.") }
            let rrset = PublishedRRset(
                type: .ns,
                ttlSeconds: 60,
                rdata: servers.map(RData.name),
                additional: servers.map {
                    ResourceRecord(owner: $0, type: .a, ttlSeconds: 60, rdata: [10, 0, 0, 1])
                }
            )
            let ds = PublishedRRset(type: .ds, ttlSeconds: 60, rdata: [[0, 1, 8, 2, 1, 2, 3]])
            return .name(
                PublishedName(
                    name: "cut.consul.",
                    here: .delegation(nameServers: rrset, parentSide: [ds])
                )
            )
        }
        let small = try makeServer([.zone(testZone("consul.")), delegation(2)])
        for asked in ["cut.consul.", "a.B.Cut.consul.", "ns0.cut.consul."] {
            let reply = try small.ask(name(asked), .a)
            #expect(!reply.header.isAuthoritative)
            #expect(reply.answer.isEmpty)
            #expect(reply.authority.map(\.owner) == ["cut.consul.", "cut.consul."])
            #expect(reply.additional.map(\.owner) == ["ns0.cut.consul.", "ns1.cut.consul."])
        }
        let ds = try small.ask("cut.consul.", .ds)
        #expect(ds.answer.map(\.type) == [.ds])
        #expect(ds.header.isAuthoritative)
        #expect(!(try small.ask("x.cut.consul.", .ds)).header.isAuthoritative)

        let large = try makeServer([.zone(testZone("consul.")), delegation(13)])
        let cut = try large.ask("x.cut.consul.", .a, edns: nil)
        #expect(cut.header.isTruncated)
        #expect(cut.additional.count < 13)
        #expect(!(try large.ask("x.cut.consul.", .a)).header.isTruncated)
    }

    @Test("what the fallback answers gets question, OPT, note and truncation")
    func fallback() throws {
        let records = (0..<100).map {
            ResourceRecord(
                owner: "alias.consul.",
                type: .a,
                ttlSeconds: 5,
                rdata: IPAddress.v4($0).rdata
            )
        }
        let reply = FallbackReply(
            responseCode: .noError,
            answer: records,
            note: ExtendedError(infoCode: 3, extraText: "stale")
        )
        let server = try makeServer(
            [
                .zone(testZone("consul.")),
                .name(PublishedName(name: "alias.consul.", here: .fallback, below: .fallback)),
            ],
            fallback: FixedFallback(reply: reply)
        )
        for asked in ["Alias.consul.", "below.alias.consul."] {
            let udp = try server.ask(name(asked), .a)
            #expect(udp.header.isTruncated)
            #expect(udp.header.isAuthoritative)
            let tcp = try server.ask(name(asked), .any, overTCP: true)
            #expect(tcp.answer.count == 100)
            #expect(tcp.edns?.extendedErrors.map(\.extraText) == ["stale"])
        }
        #expect(server.currentCounters().fallback == 4)
    }
}
