import DNSWire
import Foundation
import TestSupport
import Testing

/// The same zone files in Rollcall and in NSD: each question gets the same answer from both.
///
/// Compared are code, AA, answer and authority as sets of records with TTLs, and glue. Not compared:
/// the order of records, the rest of the additional section, and what `allowedDifference` names.
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

    private func compare(_ zones: [URL]) async throws {
        let scratch = try ScratchFolder()
        for zone in zones {
            let text = try String(contentsOf: zone, encoding: .utf8)
            try scratch.write(text, to: "zones/\(zone.lastPathComponent)")
        }
        let referee = try await NSDProcess.start(zones: zones)
        let subject = try await RollcallProcess.start(["--ephemeral"], scratch: scratch)

        var names: Set<DomainName> = []
        for zone in zones {
            let apex = try DomainName(NSDProcess.apex(zone))
            names.formUnion(try ZoneTransfer.names(ofZone: apex, from: referee.dns))
        }
        #expect(names.count > zones.count)
        let subjectSocket = try NetworkSocket(.tcp, port: subject.dnsPort)
        let refereeSocket = try NetworkSocket(.tcp, port: referee.port)
        var differences: [String] = []
        var questionCount = 0
        for name in Self.around(names).sorted(by: { "\($0)" < "\($1)" }) {
            for type in Self.types {
                questionCount += 1
                let ours = try Self.ask(name, type, subjectSocket)
                let theirs = try Self.ask(name, type, refereeSocket)
                let difference = ours.differences(from: theirs)
                if !difference.isEmpty, !Self.isAllowed(name, type, ours, theirs) {
                    differences.append("\(name) \(type): \(difference.joined(separator: "; "))")
                }
            }
        }
        #expect(questionCount > 1_000)
        let shown = differences.prefix(60).joined(separator: "\n")
        #expect(differences.isEmpty, "\(differences.count) of \(questionCount):\n\(shown)")
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
