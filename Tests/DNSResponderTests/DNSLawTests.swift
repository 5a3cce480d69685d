import DNSWire
import Testing

@testable import DNSResponder

/// A generator with a seed, so that a failure can be repeated.
struct SeededGenerator: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        var value = state
        value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
        return value ^ (value >> 27)
    }
}

/// The table's rules said again, slowly, over a dictionary.
struct ReferenceZone {
    let apex: DomainName = "zone.test."
    var names: [DomainName: PublishedName] = [:]

    init(seed: UInt64) {
        var generator = SeededGenerator(state: seed)
        for _ in 0..<40 {
            var name = apex
            for _ in 0..<Int.random(in: 1...4, using: &generator) {
                let label = ["a", "b", "C", "*", "long-label-number-four"].randomElement(
                    using: &generator
                )
                name = (try? name.prepending(label: label ?? "a")) ?? name
            }
            // Nothing is published below a cut.
            let isOccluded = names.values.contains {
                if case .delegation = $0.here { name.isSubdomain(of: $0.name) } else { false }
            }
            let hasChildren = names.keys.contains { $0.isSubdomain(of: name) }
            guard !isOccluded else { continue }
            let here: PublishedName.Here
            let addressCount = Int.random(in: 1...60, using: &generator)
            switch Int.random(in: 0...5, using: &generator) {
            case 0 where !hasChildren:
                let ns = PublishedRRset(
                    type: .ns,
                    ttlSeconds: 5,
                    rdata: [RData.name("ns.zone.test.")]
                )
                here = .delegation(nameServers: ns, parentSide: [])
            case 1: here = .rrsets([services(addressCount)])
            default:
                let rdata = (0..<addressCount).map { IPAddress.v4(UInt32($0)).rdata }
                here = .rrsets([
                    PublishedRRset(type: .a, ttlSeconds: 5, rdata: rdata, rotates: true),
                    PublishedRRset(type: .txt, ttlSeconds: 5, rdata: [RData.txt(["x"])]),
                ])
            }
            let below: PublishedName.Below =
                Bool.random(using: &generator) ? .nothing : .wildcard([addresses("10.9.9.9")])
            names[name] = PublishedName(name: name, here: here, below: below)
        }
    }

    /// True when the name, or a name below it, is published.
    func exists(_ name: DomainName) -> Bool {
        name == apex || names.keys.contains { $0.isSubdomain(of: name) }
    }

    /// The response code, the number of answers and whether it is a referral.
    func expected(
        _ name: DomainName,
        _ type: RecordType
    ) -> (code: ResponseCode, answers: Int, isReferral: Bool) {
        var ancestor: DomainName? = name
        while let candidate = ancestor, candidate.isSubdomain(of: apex) {
            if case .delegation? = names[candidate]?.here {
                let isParentSide = candidate == name && type == .ds
                return (.noError, 0, !isParentSide)
            }
            ancestor = candidate.parent
        }
        if exists(name) {
            guard case .rrsets(let rrsets)? = names[name]?.here else {
                return (.noError, name == apex && (type == .soa || type == .any) ? 1 : 0, false)
            }
            let found = type == .any ? rrsets.first : rrsets.first { $0.type == type }
            return (.noError, found?.rdata.count ?? 0, false)
        }
        var encloser = name
        while !exists(encloser), let parent = encloser.parent { encloser = parent }
        guard case .wildcard? = names[encloser]?.below else { return (.nameError, 0, false) }
        return (.noError, type == .a || type == .any ? 1 : 0, false)
    }
}

@Suite("DNS laws, every name with every type")
struct DNSLawTests {
    private static let types: [RecordType] = [
        .a, .aaaa, .srv, .txt, .soa, .ns, .ds, .any, .cname, .https, RecordType(rawValue: 65_280),
    ]

    /// All published names, their ancestors, and names beside and below them.
    private func questions(_ zone: ReferenceZone) throws -> Set<DomainName> {
        var names: Set<DomainName> = [zone.apex, "missing.zone.test.", "x.y.z.zone.test."]
        for published in zone.names.keys {
            var name = published
            while name != zone.apex, let parent = name.parent {
                names.insert(name)
                names.insert(try parent.prepending(label: "missing"))
                name = parent
            }
            names.insert(try published.prepending(label: "below"))
            names.insert(try published.prepending(label: "deep").prepending(label: "er"))
        }
        return names
    }

    @Test(
        "existence, negative answers, AA, OPT and size hold",
        arguments: 1...8 as ClosedRange<UInt64>
    )
    func laws(seed: UInt64) throws {
        let zone = ReferenceZone(seed: seed)
        let server = try makeServer(
            [.zone(testZone(zone.apex))] + zone.names.values.map { .name($0) }
        )
        for name in try questions(zone) {
            // DS at an apex is left to the fallback, which knows the zones above.
            for type in Self.types where type != .ds || name != zone.apex {
                try check(server, zone, name, type, edns: nil, overTCP: false)
                try check(
                    server,
                    zone,
                    name,
                    type,
                    edns: EDNS(udpPayloadBytes: 1232),
                    overTCP: false
                )
                try check(server, zone, name, type, edns: EDNS(udpPayloadBytes: 0), overTCP: true)
            }
        }
    }

    private func check(
        _ server: InProcessServer,
        _ zone: ReferenceZone,
        _ name: DomainName,
        _ type: RecordType,
        edns: EDNS?,
        overTCP: Bool
    ) throws {
        let expected = zone.expected(name, type)
        let reply = try server.ask(name, type, edns: edns, overTCP: overTCP)
        #expect(reply.responseCode == expected.code, "\(name) \(type)")
        #expect(reply.header.isAuthoritative == !expected.isReferral, "\(name) \(type)")
        #expect(reply.answer.allSatisfy { $0.owner == name && $0.ttlSeconds == 5 })
        if reply.header.isTruncated {
            #expect(!overTCP)
            #expect(reply.answer.count < expected.answers)
            #expect(reply.additional.isEmpty)
        } else {
            #expect(reply.answer.count == expected.answers, "\(name) \(type)")
        }
        if expected.isReferral {
            #expect(reply.authority.map(\.type) == [.ns])
            #expect(reply.authority.allSatisfy { name.isSubdomain(of: $0.owner) })
        } else if expected.answers == 0 {
            #expect(reply.authority.map(\.type) == [.soa], "\(name) \(type)")
            #expect(reply.authority.map(\.owner) == [zone.apex])
            #expect(reply.authority.map(\.ttlSeconds) == [1])
        } else {
            #expect(reply.authority.isEmpty)
        }
    }

    @Test(
        "names that come and go leave the table as if they had never been",
        arguments: 1...6 as ClosedRange<UInt64>
    )
    func churn(seed: UInt64) throws {
        var generator = SeededGenerator(state: seed)
        let zone = ReferenceZone(seed: seed)
        let table = AnswerTable(readers: 1)
        try table.apply([.zone(testZone(zone.apex))])
        let empty = table.counts()
        let server = try #require(
            InProcessServer(
                configuration: ResponderConfiguration(listen: []),
                table: table,
                fallback: FixedFallback()
            )
        )
        var current = zone
        current.names = [:]
        for name in zone.names.values.shuffled(using: &generator) {
            current.names[name.name] = name
            try table.apply([.name(name)])
            #expect(table.counts().names == current.names.count)
        }
        for name in zone.names.keys.shuffled(using: &generator) {
            try table.apply([.removeName(name)])
            current.names[name] = nil
            for asked in zone.names.keys {
                let reply = try server.ask(asked, .a, overTCP: true)
                #expect(reply.responseCode == current.expected(asked, .a).code)
            }
        }
        table.reclaim()
        #expect(table.counts().names == 0)
        #expect(table.counts().emptyNames == empty.emptyNames)
        #expect(table.counts().retiredBlocks == 0)
    }
}
