import DNSWire
import Foundation
import TestSupport
import Testing

/// Every name with every type, over UDP and TCP, with and without EDNS, in random letter case.
@Suite("Every name with every type obeys the laws")
struct LawsPropertyTests {
    private static let types: [RecordType] = [
        .a, .aaaa, .ns, .soa, .cname, .ptr, .mx, .txt, .srv, .ds, .dname, .naptr, .svcb, .https,
        .caa, .dnskey, .nsec, RecordType(rawValue: 1), RecordType(rawValue: 65_280),
        RecordType(rawValue: 0xFF00),
    ]
    /// Client sizes; nil is a client without EDNS.
    private static let sizes: [UInt16?] = [nil, 0, 512, 1232, 4096, 65_535]

    @Test("names of the catalog: services, tags, RFC 2782, nodes, addresses, reverse")
    func catalog() async throws {
        let server = try await RollcallProcess.start(["--ephemeral", "--domain", "consul"])
        try CatalogSample.register(at: server)
        let apexes = try CatalogSample.apexes.map { try DomainName($0) }
        var names: Set<DomainName> = []
        for text in CatalogSample.names { names.insert(try DomainName(text)) }
        try expectLaws(server, apexes, Self.around(names))
    }

    @Test("names of a static zone")
    func staticZone() async throws {
        let scratch = try ScratchFolder()
        let file = Fixtures.repository.appending(path: "zones/example.org.zone")
        try scratch.write(
            try String(contentsOf: file, encoding: .utf8),
            to: "zones/example.org.zone"
        )
        let server = try await RollcallProcess.start(["--ephemeral"], scratch: scratch)
        let labels = [
            "", "www", "front", "pool", "docs", "mail", "_sip._tcp", "x.web", "api.web", "y.old",
            "old", "lab", "ns.lab", "host.lab", "first\\.last", "unknown",
        ]
        let names = Set(
            try labels.map { try DomainName($0.isEmpty ? "example.org" : "\($0).example.org") }
        )
        try expectLaws(
            server,
            [try DomainName("example.org"), try DomainName("consul")],
            Self.around(names)
        )
    }

    private func expectLaws(
        _ server: RollcallProcess,
        _ apexes: [DomainName],
        _ names: Set<DomainName>
    ) throws {
        let laws = Laws(apexes: apexes)
        var random = SplitMix(seed: 20_260_101)
        var broken: [String] = []
        var codes: [DomainName: Set<UInt16>] = [:]
        for name in names.sorted(by: { "\($0)" < "\($1)" }) {
            for type in Self.types {
                let question = random.recased(name)
                var query = Message.query(
                    id: UInt16.random(in: 0...(.max)),
                    name: question,
                    type: type
                )
                query.header.recursionDesired = Bool.random(using: &random)
                query.header.checkingDisabled = Bool.random(using: &random)
                if let size = Self.sizes.randomElement(using: &random) ?? nil {
                    query.edns = EDNS(
                        udpPayloadBytes: size,
                        dnssecOK: Bool.random(using: &random)
                    )
                }
                let datagram = try Exchange(query, over: .udp, to: server.dns)
                let stream = try Exchange(query, over: .tcp, to: server.dns)
                for (exchange, transport) in [(datagram, "UDP"), (stream, "TCP")] {
                    broken += laws.violations(exchange).map {
                        "\(question) \(type) \(transport): \($0)"
                    }
                }
                if !datagram.reply.header.isTruncated {
                    let lines = [datagram, stream].map {
                        Set($0.reply.answer.map { "\($0)".lowercased() })
                    }
                    if lines[0] != lines[1] {
                        broken.append("\(question) \(type): UDP \(lines[0]) TCP \(lines[1])")
                    }
                }
                if !stream.reply.answer.contains(where: { $0.type == .cname }) {
                    codes[name, default: []].insert(stream.reply.responseCodeValue)
                }
            }
        }
        broken += Self.contradictions(codes)
        #expect(broken.isEmpty, "\(broken.count):\n\(broken.prefix(60).joined(separator: "\n"))")
    }

    /// Whether a name exists does not depend on the type, and nothing exists below what does not.
    private static func contradictions(_ codes: [DomainName: Set<UInt16>]) -> [String] {
        var broken: [String] = []
        for (name, found) in codes {
            if found.count > 1 { broken.append("\(name): codes \(found.sorted()) by type") }
            guard found.contains(3) else { continue }
            for (other, foundThere) in codes
            where other != name && other.isSubdomain(of: name) && foundThere.contains(0) {
                broken.append("\(name) is NXDOMAIN, but \(other) exists")
            }
        }
        return broken
    }

    /// The names, all that is above them, and names beside and below that do not exist.
    private static func around(_ names: Set<DomainName>) -> Set<DomainName> {
        var all = names
        for name in names {
            var ancestor = name.parent
            while let parent = ancestor {
                all.insert(parent)
                ancestor = parent.parent
            }
            for label in ["nx", "*", "_x"] {
                if let below = try? name.prepending(label: label) { all.insert(below) }
                if let beside = try? name.parent?.prepending(label: label) { all.insert(beside) }
            }
        }
        return all
    }
}
