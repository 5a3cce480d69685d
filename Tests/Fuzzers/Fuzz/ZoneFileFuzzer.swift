import DNSResponder
import DNSWire
import DNSZones

/// Master files: each loads or is refused with its place, and what loads can be served.
final class ZoneFileFuzzer: Fuzzer {
    private static let path = "fuzz.example.zone"

    func run(_ bytes: [UInt8]) {
        let file: ZoneFile
        do throws(ZoneFileError) {
            file = try ZoneFile.parse(bytes, path: Self.path)
        } catch {
            expect(error.line != nil, "a fault without a line: \(error)")
            expect((error.line ?? 1) >= 1, "a fault before line 1: \(error)")
            expect(!error.message.isEmpty, "a fault without a reason")
            return
        }
        for record in file.records {
            expect(record.owner.isSubdomain(of: file.apex), "a record outside the zone")
        }
        serve(StaticZone(file), file.records)
    }

    private func serve(_ zone: StaticZone, _ records: [ResourceRecord]) {
        let set = StaticZoneSet([zone])
        let table = AnswerTable(readers: 1)
        do {
            try table.apply(StaticZoneCompiler.changes(to: set))
        } catch {
            // Said to the operator, and the neighbours are served.
            expect(!"\(error)".isEmpty, "a refusal without a reason")
        }
        let fallback = AuthoritativeFallback(zones: set)
        let configuration = ResponderConfiguration(listen: [])
        let server = require(
            InProcessServer(configuration: configuration, table: table, fallback: fallback),
            "no reader"
        )
        for record in records.prefix(64) {
            for name in [record.owner, try? record.owner.prepending(label: "below")] {
                guard let name else { continue }
                for type in [record.type, .a, .any] {
                    let query = Message.query(id: 7, name: name, type: type).encoded()
                    let reply = server.serve(query, overTCP: true)
                    guard let reply, (try? Message(decoding: reply)) != nil else {
                        fatalError("no readable answer to \(name) \(type)")
                    }
                }
            }
        }
        do {
            try table.apply(StaticZoneCompiler.changes(from: set, to: StaticZoneSet()))
        } catch {
            expect(!"\(error)".isEmpty, "a refusal without a reason")
        }
        expect(table.counts().names == 0, "names are left behind: \(table.counts())")
    }

    init() {}
}
