import DNSResponder
import DNSWire
import DNSZones
import Glibc
import ServiceCatalog

/// What of a change is the compiler's and the table's: no catalog, no lock.
let compiles = [
    compile("compile", services: 100_000, instances: 3),
    compile("compile-large", services: 1, instances: 10_000),
    load,
]

/// One operation compiles and publishes a registration and a deregistration.
private func compile(_ name: String, services: Int, instances: Int) -> MicroBenchmark {
    MicroBenchmark(
        name: name,
        summary: "two changes compiled: \(services) services with \(instances) instances"
    ) {
        var without = try SampleRegistry.catalog(services: services, instances: instances)
        let compiled = try CompiledTable(without)
        let instance = SampleRegistry.instance(services * instances, of: services / 2)
        var with = without
        let index = without.index
        let comes = try with.apply(.register(Registration(instance: instance)), at: index + 1)
        without = with
        let goes = try without.apply(
            .deregisterInstance(instance.key, onlyIf: nil),
            at: index + 2
        )
        return { [without] times in
            for _ in 0..<times {
                compiled.zone.catalogDidChange(comes, in: with)
                compiled.zone.catalogDidChange(goes, in: without)
            }
        }
    }
}

/// One operation is a thousand instances, ten to a service, published with the others at once.
private let load = MicroBenchmark(
    name: "load",
    summary: "1000 instances compiled and published at start; prints seconds and bytes"
) {
    { times in
        let catalog = try SampleRegistry.catalog(services: times * 100, instances: 10)
        let (before, start) = (residentBytes(), cpuSeconds())
        let compiled = try CompiledTable(catalog)
        let (after, end) = (residentBytes(), cpuSeconds())
        let counts = compiled.table.counts()
        print(
            "\(times * 1000) instances: \(end - start) CPU seconds,",
            "\((after - before) / max(1, times * 1000)) resident bytes each,",
            "\(counts.bytes / max(1, times * 1000)) of them in the table's blocks,",
            "\(counts.names) names"
        )
    }
}

/// A table with all that a catalog holds.
private struct CompiledTable {
    let table = AnswerTable(readers: 1)
    let zone: ServiceZone

    init(_ catalog: borrowing Catalog) throws {
        let table = table
        zone = ServiceZone(settings: try SampleRegistry.settings()) { changes in
            do { try table.apply(changes) } catch { print("refused: \(error)") }
        }
        zone.publishAll(of: catalog)
    }
}

private func cpuSeconds() -> Double { Double(clock()) / Double(CLOCKS_PER_SEC) }

/// The second number of `statm` is the resident pages.
private func residentBytes() -> Int {
    guard let file = unsafe fopen("/proc/self/statm", "r") else { return 0 }
    defer { unsafe fclose(file) }
    var text = [CChar](repeating: 0, count: 128)
    guard unsafe fgets(&text, 128, file) != nil else { return 0 }
    let fields = String(decoding: text.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        .split(separator: " ")
    return fields.count > 1 ? (Int(fields[1]) ?? 0) * Int(getpagesize()) : 0
}
