import DNSWire
import Foundation
import TestSupport
import Testing

/// The same zone files in Rollcall, NSD, Knot and BIND: each question gets the same answer.
///
/// Compared are code, AA, TC, answer and authority as sets of records with TTLs, and the addresses
/// of hosts that an answer names. Where servers differ, `KnownDifference` says why.
@Suite("The same zone files as NSD, Knot and BIND", .serialized)
struct DifferentialTests {
    private static let types: [RecordType] = [
        .a, .aaaa, .ns, .soa, .cname, .dname, .mx, .txt, .srv, .ptr, .hinfo, .ds, .caa, .naptr,
        .https, RecordType(rawValue: 65_280), RecordType(rawValue: 65_281),
    ]

    @Test("traps: wildcards, empty non-terminals, alias chains, DNAME, cuts, children, escapes")
    func traps() async throws {
        let zones = [
            "traps.example", "other.example", "child.traps.example", "bare.traps.example",
            "orphan.traps.example", "apex-dname.example",
        ].map { Fixtures.url("zones/\($0).zone") }
        try await compare("traps", zones, questionsMin: 5_000)
    }

    @Test("long names, endless aliases, wildcard NS and DNAME, occluded names, mixed TTLs")
    func oddZones() async throws {
        let zones = [
            "names.example", "stars.example", "star-cut.example", "occluded.example",
            "ttl.example", "loops.example", "chain.example",
        ].map { Fixtures.url("zones/\($0).zone") }
        let refused: [Referee: Set<String>] = [
            .bind: ["star-cut.example"],
            .nsd: ["occluded.example"], .knot: ["occluded.example"],
        ]
        try await compare("odd zones", zones, refused: refused, questionsMin: 2_000)
    }

    @Test("the zones that come with the program")
    func samples() async throws {
        let folder = Fixtures.repository.appending(path: "zones")
        let files = try FileManager.default.contentsOfDirectory(
            at: folder,
            includingPropertiesForKeys: nil
        )
        let zones = files.filter { $0.pathExtension == "zone" }
        try await compare("samples", zones, questionsMin: 1_000)
    }

    @Test("random zones, with names that no one would write by hand")
    func random() async throws {
        for round in 0..<ConformanceLength.rounds {
            let seed = ConformanceLength.seed + UInt64(round)
            var random = SplitMix(seed: seed)
            let apexes = (0..<12).map { "r\($0).example" }
            let scratch = try ScratchFolder()
            var files: [URL] = []
            for apex in apexes {
                let zone = RandomZone(apex: apex, others: apexes + ["away.test"], &random)
                files.append(URL(filePath: try scratch.write(zone.text, to: "\(apex).zone")))
            }
            var names: [DomainName] = []
            for apex in apexes {
                names.append(try DomainName(apex))
                for name in RandomZone.possibleNames {
                    names.append(try DomainName("\(name).\(apex)"))
                }
                for name in RandomZone.possibleNames.shuffled(using: &random).prefix(40) {
                    names.append(try DomainName("x.\(name).\(apex)"))
                }
            }
            let run = try await DifferentialRun(zones: files)
            try run.ask(names, [.a, .mx, .txt, .cname, .ns, .ds, .dname], round: round)
            run.finish("random zones of seed \(seed)", questionsMin: 5_000)
        }
    }

    private func compare(
        _ title: String,
        _ zones: [URL],
        refused: [Referee: Set<String>] = [:],
        questionsMin: Int
    ) async throws {
        let run = try await DifferentialRun(zones: zones, refused: refused)
        let names = try NamesAround.zones(zones, run.referees)
        // After so many rounds every name was asked for every type in every manner.
        for round in 0..<min(ConformanceLength.rounds, 24) {
            try run.ask(names, Self.types, round: round, share: 4)
        }
        run.finish(title, questionsMin: questionsMin)
    }
}
