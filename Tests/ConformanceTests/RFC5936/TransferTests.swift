import DNSWire
import Foundation
import TestSupport
import Testing

@Suite("RFC 5936, 1995 and 9103: zone transfers", .serialized)
struct TransferTests {
    /// Without the one whose RRsets have several TTLs, of which each server makes something else.
    private static let zones = [
        "traps.example", "other.example", "child.traps.example", "bare.traps.example",
        "orphan.traps.example", "apex-dname.example", "names.example", "stars.example",
        "star-cut.example", "occluded.example", "loops.example", "chain.example",
    ]

    private func start(
        _ zones: [String] = zones,
        settings: [String: String] = [:]
    ) async throws -> RollcallProcess {
        let scratch = try ScratchFolder()
        for zone in zones {
            let file = Fixtures.url("zones/\(zone).zone")
            try scratch.write(
                try String(contentsOf: file, encoding: .utf8),
                to: "zones/\(zone).zone"
            )
        }
        return try await RollcallProcess.start(
            ["--ephemeral"],
            settings: ["ROLLCALL_DNS_TRANSFER_CLIENTS": "127.0.0.0/8"].merging(settings) { $1 },
            scratch: scratch
        )
    }

    /// Letter case of names is the business of compression.
    private func folded(_ records: some Sequence<ResourceRecord>) -> Set<ResourceRecord> {
        Set(
            records.map {
                var record = $0
                if record.type != .txt { record.rdata = record.rdata.map(DomainName.fold) }
                return record
            }
        )
    }

    @Test(
        "a transfer of each trap zone has the records that NSD or BIND transfers of the same file"
    )
    func sameAsReferees() async throws {
        let server = try await start()
        let files = Self.zones.map { Fixtures.url("zones/\($0).zone") }
        let refused: [Referee: Set<String>] = [
            .bind: ["star-cut.example"], .nsd: ["occluded.example"],
        ]
        var compared = 0
        for referee in [Referee.nsd, .bind] {
            let process = try await RefereeProcess.start(
                referee,
                zones: files,
                refused: refused[referee] ?? []
            )
            for zone in Self.zones where !(refused[referee]?.contains(zone) ?? false) {
                let apex = try DomainName(zone)
                let ours = try ZoneTransfer.records(ofZone: apex, from: server.dns)
                let theirs = try ZoneTransfer.records(ofZone: apex, from: process.dns)
                #expect(ours.first?.type == .soa && ours.first == ours.last)
                #expect(ours.count == theirs.count, "\(zone) of \(referee.rawValue)")
                let (mine, other) = (folded(ours), folded(theirs))
                let only = (mine.subtracting(other), other.subtracting(mine))
                #expect(mine == other, "\(zone) of \(referee.rawValue): \(only)")
                compared += ours.count
            }
        }
        print("figure: transferred records compared: \(compared)")
        #expect(compared > 400)
    }

    @Test("NOTAUTH, NOTIMP, FORMERR and single SOAs where NSD has them")
    func codes() async throws {
        let server = try await start(["traps.example"])
        let file = Fixtures.url("zones/traps.example.zone")
        let nsd = try await RefereeProcess.start(.nsd, zones: [file])
        let apex = try DomainName("traps.example")
        let soa = try #require(try server.dns.ask(apex, .soa).answer.first)
        for zone in ["traps.example", "www.traps.example", "nowhere.example"] {
            for type in [RecordType.axfr, .ixfr] {
                for hasSOA in type == .ixfr ? [true, false] : [false] {
                    for kind in [NetworkSocket.Kind.udp, .tcp] {
                        var query = Message.query(id: 1, name: try DomainName(zone), type: type)
                        if hasSOA { query.authority = [soa] }
                        let isZone = kind == .tcp && type == .axfr && zone == "traps.example"
                        guard !isZone else { continue }
                        let replies = try [server.dns, nsd.dns].map { client in
                            let bytes =
                                kind == .tcp
                                ? try client.exchangeTCP(query.encoded())
                                : try #require(try client.exchangeUDP(query.encoded()))
                            return bytes
                        }
                        let what = "\(zone) \(type) \(kind) \(hasSOA)"
                        #expect(replies[0][3] & 15 == replies[1][3] & 15, "\(what)")
                        // NSD leaves the question out of FORMERR.
                        guard replies[0][3] & 15 != 1 else { continue }
                        let ours = try Message(decoding: replies[0])
                        let theirs = try Message(decoding: replies[1])
                        #expect(folded(ours.answer) == folded(theirs.answer), "\(what)")
                        #expect(
                            ours.header.isAuthoritative == theirs.header.isAuthoritative,
                            "\(what)"
                        )
                    }
                }
            }
        }
    }

    @Test(
        "a secondary takes a zone file's zone and the catalog's over, answers alike, and follows",
        arguments: Referee.allCases
    )
    func secondary(_ referee: Referee) async throws {
        // The zones of the fixtures are refreshed by the hour; the catalog's by the second.
        let server = try await start(
            ["traps.example", "child.traps.example"],
            settings: ["ROLLCALL_DNS_SOA_REFRESH": "1s", "ROLLCALL_DNS_SOA_RETRY": "1s"]
        )
        try CatalogSample.register(at: server)
        let apexes = ["traps.example", "child.traps.example", "consul", "10.in-addr.arpa"]
        let secondary = try await RefereeProcess.start(
            referee,
            secondaryOf: apexes,
            at: server.dnsPort
        )
        var compared = 0
        for apex in apexes {
            let records = try ZoneTransfer.records(ofZone: DomainName(apex), from: server.dns)
            for name in Set(records.map(\.owner)) {
                for type in [RecordType.a, .srv, .txt, .ptr, .ns, .cname, .mx] {
                    let (ours, theirs) = (
                        try server.dns.ask(name, type, over: .tcp),
                        try secondary.dns.ask(name, type, over: .tcp)
                    )
                    // How far a chain is followed is the server's choice, and BIND answers SERVFAIL
                    // to one that has no end.
                    guard !ours.answer.contains(where: { $0.type == .cname || $0.type == .dname })
                    else { continue }
                    #expect(ours.responseCode == theirs.responseCode, "\(name) \(type)")
                    #expect(folded(ours.answer) == folded(theirs.answer), "\(name) \(type)")
                    compared += 1
                }
            }
        }
        #expect(compared > 400)
        // BIND refreshes at most once in five minutes.
        guard referee != .bind else { return }
        try server.register(#"{"service": "fresh", "host": "10.9.9.9", "port": 80}"#)
        try await eventually("\(referee.rawValue) has the new instance", within: .seconds(60)) {
            let reply = try secondary.dns.ask("fresh.service.consul", .a)
            return reply.answer.count == 1
        }
    }
}
