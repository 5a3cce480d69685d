import DNSWire
import Synchronization
import Testing

@testable import DNSResponder

@Suite("The answer table")
struct AnswerTableTests {
    private func makeServer(_ table: AnswerTable) throws -> InProcessServer {
        try #require(
            InProcessServer(
                configuration: ResponderConfiguration(listen: []),
                table: table,
                fallback: FixedFallback()
            )
        )
    }

    @Test("5,000 names grow the table, are all found, and go again")
    func growth() throws {
        let table = AnswerTable(readers: 1)
        try table.apply([.zone(testZone("consul."))])
        let names = (0..<5000).map { name("s\($0).service.consul.") }
        try table.apply(names.map { published($0, addresses("10.0.0.1")) })
        let server = try makeServer(table)
        for asked in names { #expect(try server.ask(asked, .a).answer.count == 1) }
        #expect(table.counts().names == names.count)
        try table.apply(names.map { .removeName($0) })
        #expect(try server.ask(names[7], .a).responseCode == .nameError)
        #expect(try server.ask("service.consul.", .a).responseCode == .nameError)
        #expect(table.counts().names == 0)
        #expect(table.counts().retiredBlocks == 0)
    }

    @Test("a new serial is in the next answer, names stay")
    func serial() throws {
        let table = AnswerTable(readers: 1)
        try table.apply([.zone(testZone("consul.")), published("a.consul.", addresses("10.0.0.1"))])
        let server = try makeServer(table)
        try table.apply([.zone(testZone("consul.", serial: 77))])
        let soa = try server.ask("consul.", .soa)
        #expect(soa.answer.first?.description.contains(" 77 ") == true)
        #expect(soa.answer.first?.ttlSeconds == 5)
        #expect(
            try server.ask("x.consul.", .a).authority.first?.description.contains(" 77 ") == true
        )
        #expect(try server.ask("a.consul.", .a).answer.count == 1)
        #expect(table.counts().zones == 1)
    }

    @Test("a refused change is named and costs its neighbours nothing")
    func refusals() throws {
        let table = AnswerTable(readers: 1)
        let error = #expect(throws: AnswerTableError.self) {
            try table.apply([
                .zone(testZone("consul.")),
                published("foreign.test.", addresses("10.0.0.1")),
                published(
                    "long.consul.",
                    PublishedRRset(
                        type: .txt,
                        ttlSeconds: 5,
                        rdata: [[UInt8](repeating: 0, count: 70_000)]
                    )
                ),
                published("good.consul.", addresses("10.0.0.1")),
            ])
        }
        #expect(error?.name == "foreign.test.")
        #expect(error?.refusedCount == 2)
        #expect(try makeServer(table).ask("good.consul.", .a).answer.count == 1)
        #expect(throws: AnswerTableError.self) {
            try table.apply([.removeZone(apex: "consul.")])
        }
    }

    @Test("zones inside zones take over their names and give them back", arguments: [true, false])
    func nested(isOuterFirst: Bool) throws {
        let table = AnswerTable(readers: 1)
        let zones: [TableChange] = [.zone(testZone("test.")), .zone(testZone("in.deep.test."))]
        try table.apply(isOuterFirst ? zones : zones.reversed())
        try table.apply([published("a.in.deep.test.", addresses("10.0.0.1"))])
        let server = try makeServer(table)
        #expect(try server.ask("x.in.deep.test.", .a).authority.first?.owner == "in.deep.test.")
        #expect(try server.ask("deep.test.", .a).responseCode == .noError)
        #expect(try server.ask("x.deep.test.", .a).authority.first?.owner == "test.")

        // A zone between them, and one above existing names.
        try table.apply([published("b.deep.test.", addresses("10.0.0.2"))])
        try table.apply([.zone(testZone("deep.test."))])
        #expect(try server.ask("x.b.deep.test.", .a).authority.first?.owner == "deep.test.")
        #expect(try server.ask("x.in.deep.test.", .a).authority.first?.owner == "in.deep.test.")
        #expect(try server.ask("b.deep.test.", .a).answer.count == 1)

        try table.apply([.removeName("b.deep.test."), .removeZone(apex: "deep.test.")])
        #expect(try server.ask("deep.test.", .a).responseCode == .noError)
        try table.apply([.removeName("a.in.deep.test."), .removeZone(apex: "in.deep.test.")])
        #expect(try server.ask("deep.test.", .a).responseCode == .nameError)
        try table.apply([.removeZone(apex: "test.")])
        #expect(try server.ask("test.", .a).responseCode == .refused)
        #expect(table.counts().names + table.counts().emptyNames + table.counts().zones == 0)
    }

    @Test("the root can be a zone")
    func root() throws {
        let table = AnswerTable(readers: 1)
        try table.apply([.zone(testZone(".")), published("a.b.", addresses("10.0.0.1"))])
        let server = try makeServer(table)
        #expect(try server.ask("a.b.", .a).answer.count == 1)
        #expect(try server.ask("b.", .a).responseCode == .noError)
        #expect(try server.ask("c.", .a).authority.first?.owner == .root)
        #expect(try server.ask(".", .soa).answer.count == 1)
    }

    @Test("the first names appear together with their zone")
    func firstLoad() throws {
        let table = AnswerTable(readers: 1)
        #expect(!table.isReady)
        try table.apply([.zone(testZone("consul.")), published("a.consul.", addresses("10.0.0.1"))])
        #expect(table.isReady)
    }

    @Test("there are as many readers as were asked for, and they can be given back")
    func readers() throws {
        let table = AnswerTable(readers: 2)
        var first: InProcessServer? = try makeServer(table)
        let second = try makeServer(table)
        let configuration = ResponderConfiguration(listen: [])
        #expect(
            InProcessServer(
                configuration: configuration,
                table: table,
                fallback: FixedFallback()
            ) == nil
        )
        #expect(try first?.ask("a.", .a).responseCode == .serverFailure)
        first = nil
        #expect(try makeServer(table).ask("a.", .a).responseCode == .serverFailure)
        #expect(try second.ask("a.", .a).responseCode == .serverFailure)
    }

    @Test("readers see one published version or another while a writer changes everything")
    func concurrency() async throws {
        let readers = 2
        let table = AnswerTable(readers: readers)
        let names = (0..<50).map { name("s\($0).consul.") }
        try table.apply(
            [.zone(testZone("consul."))] + names.map { published($0, Self.version(0)) }
        )
        let flag = DoneFlag()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for seed in 0..<readers {
                let server = try makeServer(table)
                let box = Sending(server)
                group.addTask {
                    try await Self.read(
                        box.value,
                        names,
                        seed: UInt64(seed),
                        until: { flag.isDone.load(ordering: .relaxed) }
                    )
                }
            }
            group.addTask {
                var generator = SeededGenerator(state: 5)
                for step in 1...4000 {
                    let name = names[Int.random(in: 0..<names.count, using: &generator)]
                    switch step % 4 {
                    case 0: try table.apply([.removeName(name)])
                    case 1: try table.apply([.zone(testZone("consul.", serial: UInt32(step)))])
                    default: try table.apply([published(name, Self.version(step))])
                    }
                    if step % 1500 == 0 {
                        let more = (0..<1000).map { DNSResponderTests.name("g\($0).consul.") }
                        try table.apply(more.map { published($0, Self.version(1)) })
                        try table.apply(more.map { .removeName($0) })
                    }
                }
                flag.isDone.store(true, ordering: .relaxed)
            }
            try await group.waitForAll()
        }
        table.reclaim()
        #expect(table.counts().retiredBlocks == 0)
    }

    /// A version has `n` equal records: any mix of two versions is noticed.
    private static func version(_ step: Int) -> PublishedRRset {
        let rdata = IPAddress.v4(UInt32(step)).rdata
        return PublishedRRset(
            type: .a,
            ttlSeconds: UInt32(step + 1),
            rdata: Array(repeating: rdata, count: 1 + step % 40),
            rotates: true
        )
    }

    private static func read(
        _ server: InProcessServer,
        _ names: [DomainName],
        seed: UInt64,
        until isDone: () -> Bool
    ) async throws {
        var generator = SeededGenerator(state: seed)
        var count = 0
        while !isDone() || count < 1000 {
            count += 1
            // The writer needs a thread too, where there are only as many as readers.
            if count % 64 == 0 { await Task.yield() }
            let name = names[Int.random(in: 0..<names.count, using: &generator)]
            let query = Message.query(id: 1, name: name, type: .a).encoded()
            let reply = try Message(decoding: try #require(server.serve(query)))
            let isConsistent =
                switch (reply.responseCode, reply.answer.first) {
                case (.nameError, nil): reply.authority.map(\.type) == [.soa]
                case (.noError, let first?): isOneVersion(reply, first)
                default: false
                }
            if !isConsistent { Issue.record("mixed reply \(reply)") }
        }
    }

    private static func isOneVersion(_ reply: Message, _ first: ResourceRecord) -> Bool {
        guard case .v4(let step)? = IPAddress(rdata: first.rdata) else { return false }
        let count = min(1 + Int(step) % 40, (512 - 28) / 16)
        return reply.answer.count == count
            && reply.answer.allSatisfy { $0.rdata == first.rdata && $0.ttlSeconds == step + 1 }
    }
}

/// Hands a server over to the one task that uses it.
struct Sending: @unchecked Sendable {
    // SAFETY: each box is opened by one task, and its maker keeps no other reference.
    let value: InProcessServer

    init(_ value: InProcessServer) { self.value = value }
}

final class DoneFlag: Sendable {
    let isDone = Atomic(false)
}
