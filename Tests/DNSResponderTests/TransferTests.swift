import DNSWire
import Glibc
import Synchronization
import Testing

@testable import DNSResponder

@Suite("Zone transfers")
struct TransferTests {
    /// What was reported, in order.
    private final class Reports: Sendable {
        private let reports = Mutex<[TransferReport]>([])
        var all: [TransferReport] { reports.withLock { $0 } }
        @Sendable func take(_ report: TransferReport) { reports.withLock { $0.append(report) } }
    }

    private let reports = Reports()

    private func makeTransfers(_ zones: CountedZones, runningMax: Int = 10) throws -> ZoneTransfers
    {
        try ZoneTransfers(source: zones, runningMax: runningMax, report: reports.take)
    }

    private func makeResponder(
        _ transfers: ZoneTransfers?,
        allowed: String? = "127.0.0.0/8",
        idleSeconds: Int = 10
    ) throws -> Responder {
        let table = AnswerTable(readers: 1)
        try table.apply([
            .zone(testZone("consul.", serial: 7)),
            published("web.consul.", addresses("10.0.0.1")),
        ])
        let networks = [allowed.flatMap { NetworkPrefix($0) }].compactMap { $0 }
        let responder = try Responder(
            configuration: ResponderConfiguration(
                listen: [ListenAddress(address: .v4(0x7F00_0001), port: 0)],
                tcpIdleSeconds: idleSeconds,
                protection: ProtectionSettings(transferClients: networks)
            ),
            table: table,
            fallback: FixedFallback(),
            transfers: transfers
        )
        responder.start()
        return responder
    }

    private func query(
        _ zone: DomainName = "consul.",
        _ type: RecordType = .axfr,
        serial: UInt32? = nil,
        edns: EDNS? = EDNS(udpPayloadBytes: 1232)
    ) -> [UInt8] {
        var message = Message.query(id: 9, name: zone, type: type, edns: edns)
        if let serial {
            message.authority = [
                ResourceRecord(
                    owner: zone,
                    type: .soa,
                    ttlSeconds: 0,
                    rdata: testZone(zone, serial: serial).startOfAuthority
                )
            ]
        }
        return message.encoded()
    }

    private func framed(_ message: [UInt8]) -> [UInt8] {
        [UInt8(message.count >> 8), UInt8(message.count & 0xFF)] + message
    }

    private func client(_ responder: Responder, _ queries: [UInt8]...) -> SocketClient {
        let client = SocketClient(to: responder.boundAddresses[0], overTCP: true)
        client.send(queries.flatMap(framed))
        return client
    }

    private func message(_ client: SocketClient) throws -> Message {
        try Message(decoding: try #require(client.receiveMessage()))
    }

    private func overUDP(_ responder: Responder, _ query: [UInt8]) throws -> Message {
        let client = SocketClient(to: responder.boundAddresses[0], overTCP: false)
        client.send(query)
        return try Message(decoding: client.receive())
    }

    /// Looks every 10 ms for twenty seconds.
    private func comesTrue(_ condition: () -> Bool) -> Bool {
        for _ in 0..<2000 {
            if condition() { return true }
            poll(nil, 0, 10)
        }
        return condition()
    }

    @Test(
        "a client that may have the zone gets all of it, and other answers on the same connection"
    )
    func whole() throws {
        let responder = try makeResponder(try makeTransfers(CountedZones(5000)))
        defer { responder.stop() }
        let client = client(responder, query())
        var records: [ResourceRecord] = []
        while records.count < 2 || records.last?.type != .soa {
            records += try message(client).answer
        }
        #expect(records.count == 5002)
        #expect(Set(records).count == 5001)
        client.send(framed(Message.query(id: 1, name: "web.consul.", type: .a).encoded()))
        #expect(try message(client).answer.count == 1)
        #expect(comesTrue { reports.all.count == 1 })
        let report = try #require(reports.all.first)
        #expect(report.result == .completed && report.zone == "consul." && report.serial == 7)
        #expect(report.records == 5002 && report.messages > 50 && report.bytes > 1_000_000)
        #expect(report.client == IPAddress("127.0.0.1"))
    }

    @Test("two transfers and a question at once on one connection")
    func pipelined() throws {
        let responder = try makeResponder(try makeTransfers(CountedZones(500)))
        defer { responder.stop() }
        let web = Message.query(id: 1, name: "web.consul.", type: .a).encoded()
        let client = client(responder, query(), web, query())
        var ends = 0
        var addresses = 0
        while ends < 4 || addresses < 1 {
            let records = try message(client).answer
            ends += records.count { $0.type == .soa }
            addresses += records.count { $0.type == .a }
        }
        #expect(addresses == 1)
    }

    @Test("a client that half-closes after its query still gets the whole zone")
    func halfClosed() throws {
        let responder = try makeResponder(try makeTransfers(CountedZones(2000)))
        defer { responder.stop() }
        let client = client(responder, query())
        client.finishSending()
        var records = 0
        while let bytes = client.receiveMessage() {
            records += try Message(decoding: bytes).answer.count
        }
        #expect(records == 2002)
    }

    @Test(
        "others get REFUSED with the reason, whether there is such a zone or not; so do all by default"
    )
    func refused() throws {
        let transfers = try makeTransfers(CountedZones(10))
        for allowed in [nil, "10.0.0.0/8"] {
            let responder = try makeResponder(transfers, allowed: allowed)
            defer { responder.stop() }
            for type in [RecordType.axfr, .ixfr] {
                for zone in ["consul.", "web.consul.", "example."] as [DomainName] {
                    let asked = query(zone, type, serial: 1)
                    for reply in [
                        try message(client(responder, asked)), try overUDP(responder, asked),
                    ] {
                        #expect(reply.responseCode == .refused && reply.answer.isEmpty)
                        #expect(reply.edns?.extendedErrors.map(\.infoCode) == [18])
                    }
                }
            }
        }
        #expect(transfers.count(.refused) == 24)
        // A client may ask as often as it likes: one line in ten seconds.
        #expect(comesTrue { reports.all.count == 1 })
        #expect(reports.all[0].result == .refused && reports.all[0].count == 1)
    }

    @Test("who may have zones can change while the server runs")
    func replacement() throws {
        let responder = try makeResponder(try makeTransfers(CountedZones(1)), allowed: nil)
        defer { responder.stop() }
        #expect(try message(client(responder, query())).responseCode == .refused)
        let loopback = try #require(NetworkPrefix("127.0.0.1"))
        responder.replaceProtection(ProtectionSettings(transferClients: [loopback]))
        #expect(try message(client(responder, query())).answer.count == 3)
        responder.replaceProtection(ProtectionSettings())
        #expect(try message(client(responder, query())).responseCode == .refused)
    }

    @Test("NOTAUTH for what is no apex, NOTIMP for AXFR over UDP, FORMERR for IXFR without an SOA")
    func errors() throws {
        let responder = try makeResponder(try makeTransfers(CountedZones(10)))
        defer { responder.stop() }
        for zone in ["web.consul.", "no.consul.", "example.", "."] as [DomainName] {
            #expect(try message(client(responder, query(zone))).responseCode == .notAuthoritative)
        }
        #expect(try overUDP(responder, query()).responseCode == .notImplemented)
        #expect(
            try message(client(responder, query("consul.", .ixfr))).responseCode == .formatError
        )
    }

    @Test("IXFR: the SOA alone for who has the serial or a newer one, and over UDP; else the zone")
    func incremental() throws {
        let transfers = try makeTransfers(CountedZones(10))
        let responder = try makeResponder(transfers)
        defer { responder.stop() }
        for serial: UInt32 in [7, 8, 0x8000_0006] {
            let reply = try message(client(responder, query("consul.", .ixfr, serial: serial)))
            #expect(reply.answer.map(\.type) == [.soa] && reply.header.isAuthoritative)
        }
        for serial: UInt32 in [6, 0, 0x8000_0008] {
            let reply = try message(client(responder, query("consul.", .ixfr, serial: serial)))
            #expect(reply.answer.count == 12)
            #expect(reply.questions.first?.type == .ixfr)
            let datagram = try overUDP(responder, query("consul.", .ixfr, serial: serial))
            #expect(datagram.answer.map(\.type) == [.soa] && datagram.responseCode == .noError)
        }
        #expect(comesTrue { transfers.count(.upToDate) == 3 && transfers.count(.completed) == 3 })
    }

    @Test("a client that does not read costs a few messages, delays nobody, and is closed")
    func slowReader() throws {
        let zones = CountedZones(10_000_000)
        let transfers = try makeTransfers(zones)
        let responder = try makeResponder(transfers, idleSeconds: 2)
        defer { responder.stop() }
        let client = client(responder, query())
        #expect(comesTrue { zones.made.load(ordering: .relaxed) > 1000 })
        let web = Message.query(id: 1, name: "web.consul.", type: .a).encoded()
        for _ in 0..<100 { #expect(try overUDP(responder, web).answer.count == 1) }
        #expect(comesTrue { transfers.count(.aborted) == 1 })
        #expect(responder.counters().connectionsTimedOut == 1)
        #expect(transfers.runningCount == 0)
        // What the kernel takes, which is some MiB, and not 2 GiB.
        #expect(zones.made.load(ordering: .relaxed) < 200_000)
        _ = client
    }

    @Test("a client that goes away in the middle ends its transfer")
    func disconnect() throws {
        let zones = CountedZones(10_000_000)
        let transfers = try makeTransfers(zones)
        let responder = try makeResponder(transfers)
        defer { responder.stop() }
        do {
            let client = client(responder, query())
            #expect(try message(client).answer.first?.type == .soa)
            client.reset()
        }
        #expect(comesTrue { transfers.count(.aborted) == 1 && transfers.runningCount == 0 })
        #expect(comesTrue { responder.counters().connectionsOpen == 0 })
    }

    @Test(
        "over the limit a client gets SERVFAIL with the reason, and its turn when others are done"
    )
    func limit() throws {
        let transfers = try makeTransfers(CountedZones(10_000_000), runningMax: 2)
        let responder = try makeResponder(transfers)
        defer { responder.stop() }
        do {
            let running = [client(responder, query()), client(responder, query())]
            for client in running { _ = try message(client) }
            let reply = try message(client(responder, query()))
            #expect(reply.responseCode == .serverFailure)
            #expect(
                reply.edns?.extendedErrors.first?.extraText == "too many zone transfers at once"
            )
            #expect(transfers.count(.overLimit) == 1)
            // One that has the zone already takes a place too, if for a moment.
            for client in running { client.reset() }
        }
        #expect(comesTrue { transfers.runningCount == 0 })
        #expect(try message(client(responder, query())).answer.first?.type == .soa)
    }

    @Test("a record that fits into no message closes the connection")
    func hugeRecord() throws {
        let transfers = try makeTransfers(CountedZones(3, textBytes: 65_270))
        let responder = try makeResponder(transfers)
        defer { responder.stop() }
        let client = client(responder, query())
        #expect(try message(client).answer.map(\.type) == [.soa])
        #expect(client.receive().isEmpty)
        #expect(comesTrue { transfers.count(.failed) == 1 && transfers.runningCount == 0 })
    }

    @Test("a server that stops ends its transfers")
    func stopping() throws {
        let transfers = try makeTransfers(CountedZones(10_000_000))
        let responder = try makeResponder(transfers)
        let client = client(responder, query())
        _ = try message(client)
        responder.stop()
        #expect(comesTrue { transfers.runningCount == 0 })
    }

    @Test("without sockets nothing but one message is given, and cookies still count")
    func inProcess() throws {
        let table = AnswerTable(readers: 1)
        try table.apply([.zone(testZone("consul.", serial: 7))])
        let loopback = try #require(IPAddress("127.0.0.1"))
        let network = try #require(NetworkPrefix("127.0.0.1"))
        let transfers = try makeTransfers(CountedZones(1))
        let server = try #require(
            InProcessServer(
                configuration: ResponderConfiguration(
                    listen: [],
                    protection: ProtectionSettings(
                        cookies: .required,
                        transferClients: [network]
                    )
                ),
                table: table,
                fallback: FixedFallback(),
                transfers: transfers
            )
        )
        func code(_ query: [UInt8], overTCP: Bool) throws -> ResponseCode? {
            let reply = server.serve(query, overTCP: overTCP, client: loopback)
            return try Message(decoding: try #require(reply)).responseCode
        }
        #expect(try code(query(), overTCP: true) == .notImplemented)
        let incremental = query("consul.", .ixfr, serial: 3)
        let datagram = try #require(server.serve(incremental, client: loopback))
        let cut = try Message(decoding: datagram)
        #expect(cut.header.isTruncated && cut.answer.isEmpty)
    }
}
