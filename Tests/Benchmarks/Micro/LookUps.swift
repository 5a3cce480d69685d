import DNSResponder
import DNSWire

/// One question for one of 1,000 services with 3 instances: parse, find, write.
let lookUps = [
    lookUp("look-up-a", .a, edns: true),
    lookUp("look-up-a-plain", .a, edns: false),
    lookUp("look-up-srv", .srv, edns: true),
    lookUp("look-up-nodata", .aaaa, edns: true),
    lookUp("look-up-nxdomain", .a, edns: true, service: "gone"),
    lookUp("look-up-addr", .a, edns: true, name: "0a000001.addr.dc1.consul"),
    lookUp(
        "look-up-cookie",
        .a,
        edns: true,
        options: [EDNS.Option(code: EDNS.Option.cookie, payload: Array(1...8))]
    ),
    lookUp(
        "look-up-rate-limited",
        .a,
        edns: true,
        protection: ProtectionSettings(
            responsesPerSecond: ProtectionSettings.responsesPerSecondMax,
            rateExemptNetworks: ["127.0.0.0/8", "::1/128"].compactMap { NetworkPrefix($0) }
        )
    ),
    lookUp("look-up-outside", .a, edns: true, name: "www.example.org"),
]

private func lookUp(
    _ name: String,
    _ type: RecordType,
    edns: Bool,
    service: String = SampleRegistry.service(42),
    name asked: String? = nil,
    options: [EDNS.Option] = [],
    protection: ProtectionSettings = ProtectionSettings()
) -> MicroBenchmark {
    let asked = asked ?? "\(service).service.consul"
    return MicroBenchmark(
        name: name,
        summary: "one question for \(asked) \(type) \(edns ? "with" : "without") EDNS"
    ) {
        let registry = try SampleRegistry(services: 1000, instances: 3, protection: protection)
        registry.server.setClient(.v4(0xC000_0201))
        let query = try SampleRegistry.query(asked, type, edns: edns, options: options)
        return { times in
            let bytes = registry.server.serve(query, times: times)
            guard times == 0 || bytes >= query.count else {
                throw WrongResult(description: "the reply has \(bytes) bytes")
            }
        }
    }
}

/// Questions for all of many services in random order, whose answers are in no cache, in batches as
/// a worker serves them and one by one.
let spreadLookUps = [
    spread("look-up-spread", batch: 64), spread("look-up-spread-single", batch: 1),
]

private func spread(_ name: String, batch: Int) -> MicroBenchmark {
    let services = 50_000
    return MicroBenchmark(
        name: name,
        summary: "one question each for \(services) services, \(batch) at a time"
    ) {
        let registry = try SampleRegistry(services: services, instances: 1)
        let queries = try (0..<services).shuffled().map {
            try SampleRegistry.query("\(SampleRegistry.service($0)).service.consul", .a, edns: true)
        }
        return { times in
            let bytes = registry.server.serve(queries, times: times, batch: batch)
            guard bytes >= times * 40 else {
                throw WrongResult(description: "the replies have \(bytes) bytes")
            }
        }
    }
}
