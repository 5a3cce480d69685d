import DNSResponder
import DNSWire
import ServiceCatalog

@testable import RegistryAPI

/// Bodies of the native API: what is accepted can be stored, found by name and removed again.
final class NativeBodyFuzzer: Fuzzer {
    private let sample: SampleServer
    private let context: APIContext
    private var index: CatalogIndex = 1_000

    init() {
        do {
            sample = try SampleServer(zones: SampleZones.all())
        } catch {
            fatalError("\(error)")
        }
        context = APIContext(
            keeper: sample.keeper,
            log: Unreached(),
            heartbeats: Unreached(),
            identity: ServerIdentity(
                nodeName: "a",
                nodeID: "f0c1a2b3-0000-4000-8000-000000000001",
                address: "10.0.0.1",
                datacenter: "dc1",
                domain: "consul.",
                version: "0",
                dnsAddresses: []
            ),
            limits: CatalogLimits(),
            probeTargets: ProbeTargetPolicy(
                allowed: [NetworkPrefix("10.0.0.0/8")].compactMap(\.self)
            ),
            leaseTerms: LeaseTerms(),
            answerTTLSeconds: { _ in 5 },
            explain: { (name, _) throws(FieldError) in
                throw FieldError("name", "nobody asks for \(name) here")
            },
            metricsText: { "" },
            problems: Problems(now: { 0 })
        )
    }

    func run(_ bytes: [UInt8]) {
        splitLines(bytes)
        guard let body = try? JSONParser.parse(bytes),
            let request = try? RegistrationRequest(body, context)
        else { return }
        let checks = request.checks.map { RegisteredCheck($0, keepsStatus: false) }
        apply(.register(Registration(instance: request.instance, checks: checks)))
        if let name = try? DomainName("\(request.instance.service).service.consul") {
            for type in [RecordType.a, .aaaa, .srv, .txt, .any] {
                let query = Message.query(id: 7, name: name, type: type).encoded()
                let reply = sample.server.serve(query, overTCP: true)
                let isReadable = reply.map { (try? Message(decoding: $0)) != nil } ?? false
                expect(isReadable, "no readable answer to \(name) \(type)")
            }
        }
        apply(.deregisterInstance(request.instance.key, onlyIf: nil))
    }

    private func apply(_ change: CatalogChange) {
        index += 1
        // A refusal is an answer too.
        _ = try? sample.keeper.apply([change], from: index)[0].get()
    }

    /// However a body is cut into pieces, its lines are the same.
    private func splitLines(_ bytes: [UInt8]) {
        var whole = LineSplitter(lineBytesMax: 256)
        var pieces = whole
        var lines = whole.take(bytes)
        if let last = whole.takeLast() { lines.append(last) }
        var cut: [LineSplitter.Line] = []
        let size = Int(bytes.first ?? 0) % 13 + 1
        for start in stride(from: 0, to: bytes.count, by: size) {
            cut += pieces.take(bytes[start..<min(start + size, bytes.count)])
        }
        if let last = pieces.takeLast() { cut.append(last) }
        expect(lines.map(\.number) == cut.map(\.number), "other lines in pieces")
        expect(lines.map(\.bytes) == cut.map(\.bytes), "other bytes in pieces")
        for line in lines { _ = try? line.json() }
    }
}

/// What reading a body must not touch.
private struct Unreached: CatalogLog, HeartbeatReceiver {
    func append(_ change: CatalogChange, then settle: @escaping Settle) {
        fatalError("a body was written while it was read")
    }

    func renewLease(of instance: InstanceKey) -> Lease? {
        fatalError("a lease was renewed while a body was read")
    }

    func renewCheck(_ check: CheckKey) -> Bool {
        fatalError("a check was renewed while a body was read")
    }

    func renewSession(_ id: String) -> Bool {
        fatalError("a session was renewed while a body was read")
    }
}
