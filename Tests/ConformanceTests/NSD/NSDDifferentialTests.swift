import DNSWire
import Foundation
import TestSupport
import Testing

/// The same zone files in Rollcall and in NSD: each question gets the same answer from both.
///
/// Compared are code, AA, answer and authority as sets of records with TTLs, and glue. Not
/// compared: the order of records, the rest of the additional section, and what `allowedDifference`
/// names.
@Suite("The same zone files as NSD")
struct NSDDifferentialTests {
    private static let types: [RecordType] = [
        .a, .aaaa, .ns, .soa, .cname, .dname, .mx, .txt, .srv, .ptr, .hinfo, .ds, .caa, .naptr,
        .https, RecordType(rawValue: 65_280),
    ]

    @Test("traps: wildcards, empty non-terminals, alias chains, DNAME, cuts, escapes")
    func traps() async throws {
        try await compare(
            ["traps.example", "other.example", "child.traps.example"].map {
                Fixtures.url("zones/\($0).zone")
            }
        )
    }

    @Test("the zones that come with the program")
    func samples() async throws {
        let folder = Fixtures.repository.appending(path: "zones")
        let files = try FileManager.default.contentsOfDirectory(
            at: folder,
            includingPropertiesForKeys: nil
        )
        try await compare(files.filter { $0.pathExtension == "zone" })
    }

    @Test("random zones, with names that no one would write by hand")
    func random() async throws {
        let seed = ProcessInfo.processInfo.environment["ROLLCALL_TEST_SEED"].flatMap { UInt64($0) }
        var random = SplitMix(seed: seed ?? 1)
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
            for name in RandomZone.possibleNames { names.append(try DomainName("\(name).\(apex)")) }
            for name in RandomZone.possibleNames.shuffled(using: &random).prefix(40) {
                names.append(try DomainName("x.\(name).\(apex)"))
            }
        }
        let types: [RecordType] = [.a, .mx, .txt, .cname, .ns, .ds, .dname]
        try await compare(files, names: names, types: types)
    }

    private func compare(
        _ zones: [URL],
        names: [DomainName]? = nil,
        types: [RecordType] = NSDDifferentialTests.types
    ) async throws {
        let scratch = try ScratchFolder()
        for zone in zones {
            let text = try String(contentsOf: zone, encoding: .utf8)
            try scratch.write(text, to: "zones/\(zone.lastPathComponent)")
        }
        let referee = try await NSDProcess.start(zones: zones)
        let subject = try await RollcallProcess.start(["--ephemeral"], scratch: scratch)
        let names = try names ?? Self.names(zones, referee)
        let subjectSocket = try NetworkSocket(.tcp, port: subject.dnsPort)
        let refereeSocket = try NetworkSocket(.tcp, port: referee.port)
        var differences: [String] = []
        for name in names {
            for type in types {
                let ours = try Self.ask(name, type, subjectSocket)
                let theirs = try Self.ask(name, type, refereeSocket)
                let difference = ours.differences(from: theirs)
                if !difference.isEmpty, !Self.isAllowed(name, type, ours, theirs) {
                    differences.append("\(name) \(type): \(difference.joined(separator: "; "))")
                }
            }
        }
        let count = names.count * types.count
        #expect(count > 1_000)
        let shown = differences.prefix(60).joined(separator: "\n")
        #expect(differences.isEmpty, "\(differences.count) of \(count):\n\(shown)")
    }

    /// Every name of the zones as the referee has read them, and what is around it.
    private static func names(_ zones: [URL], _ referee: NSDProcess) throws -> [DomainName] {
        var names: Set<DomainName> = []
        for zone in zones {
            let apex = try DomainName(NSDProcess.apex(zone))
            names.formUnion(try ZoneTransfer.names(ofZone: apex, from: referee.dns))
        }
        return around(names)
    }

    /// Differences that are no faults of either.
    private static func isAllowed(
        _ name: DomainName,
        _ type: RecordType,
        _ ours: ComparedAnswer,
        _ theirs: ComparedAnswer
    ) -> Bool {
        // RFC 6672 §2.2 wants YXDOMAIN for a name that a DNAME makes too long. Both do it; whether
        // the DNAME goes with it is left open.
        if ours.code == 6, theirs.code == 6 { return true }
        return false
    }

    /// Each name, what could be above, below and beside it, and the name in other letter case.
    private static func around(_ names: Set<DomainName>) -> [DomainName] {
        var all = names
        for name in names {
            var ancestor = name.parent
            while let parent = ancestor, parent.labelCount > 1 {
                all.insert(parent)
                ancestor = parent.parent
            }
            let labels = name.labels
            let below = ["nx", "*", "nx.nx", "ns1", "www"].compactMap {
                try? name.prepending(DomainName($0))
            }
            all.formUnion(below)
            if let parent = name.parent, let first = labels.first {
                let beside = [Array(first.dropLast()) + [0x7A], Array(first) + [0x7A], [0x21]]
                all.formUnion(beside.compactMap { try? parent.prepending(label: $0) })
            }
        }
        // The set folds case, so the capitals come after it.
        let capitals = names.compactMap { name in
            try? DomainName(wire: name.wire.map { (0x61...0x7A).contains($0) ? $0 & 0xDF : $0 })
        }
        return Array(all) + capitals
    }

    private static func ask(
        _ name: DomainName,
        _ type: RecordType,
        _ socket: NetworkSocket
    ) throws -> ComparedAnswer {
        let query = Message.query(
            id: 77,
            name: name,
            type: type,
            edns: EDNS(udpPayloadBytes: 1232)
        )
        try socket.send(DNSClient.framed(query.encoded()))
        do {
            return ComparedAnswer(try Message(decoding: DNSClient.receiveFramed(from: socket)))
        } catch {
            throw UnexpectedAnswer(description: "\(name) \(type): \(error)")
        }
    }
}
