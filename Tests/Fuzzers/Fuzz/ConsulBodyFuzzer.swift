import DNSWire
import ServiceCatalog

@testable import RegistryAPI

/// Bodies that Consul's clients send; the first byte says of which request.
final class ConsulBodyFuzzer: Fuzzer {
    private let definitions = ConsulDefinitions(
        localNode: "a",
        limits: CatalogLimits(),
        probeTargets: ProbeTargetPolicy(allowed: [NetworkPrefix("10.0.0.0/8")].compactMap(\.self))
    )

    init() {}

    func run(_ bytes: [UInt8]) {
        var body = bytes
        let choice = body.takeByte()
        do {
            try read(body, choice)
        } catch {
            expect(!"\(error)".isEmpty, "a refusal without a reason")
        }
    }

    private func read(_ body: [UInt8], _ choice: UInt8) throws {
        switch choice % 13 {
        case 0:
            let service = try ServiceBody(body: body)
            let registration = try definitions.registration(of: service, replacesChecks: true)
            apply([.register(registration)])
        case 1: apply([.register(try definitions.registration(of: try CheckBody(body: body)))])
        case 2: _ = try CheckUpdateBody(body: body)
        case 3:
            let registration = try CatalogRegistrationBody(body: body)
            expect(registration.checks.count <= body.count, "checks from nowhere")
        case 4: _ = try CatalogDeregistrationBody(body: body)
        case 5: _ = try SessionBody(body: body)
        case 6: _ = try TransactionBody(body: body)
        case 7:
            var query = try PreparedQueryBody(body: body).query
            query.id = "f0c1a2b3-0000-4000-8000-000000000001"
            try query.validate(definitions.limits)
            apply([.setPreparedQuery(query)])
        case 8: _ = try PolicyBody(body: body)
        case 9: _ = try TokenBody(body: body)
        case 10: _ = try BootstrapBody(body: body)
        case 11: try checkTexts(body)
        default: _ = try JSONParser.parse(body: body)
        }
    }

    /// A text that comes out of a body goes into a reply, and comes out of that the same.
    private func checkTexts(_ body: [UInt8]) throws {
        let read = try SessionBody(body: body)
        var writer = JSONWriter()
        writer.string(read.name)
        let written = try JSONParser.parse(writer.bytes)
        expect(written == .string(read.name), "a name reads back as another one")
    }

    private func apply(_ changes: [CatalogChange]) {
        var catalog = Catalog(datacenter: "dc1")
        for (offset, change) in changes.enumerated() {
            _ = try? catalog.apply(change, at: CatalogIndex(offset + 1))
        }
    }
}
