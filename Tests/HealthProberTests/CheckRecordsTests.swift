internal import ServiceCatalog
internal import Testing

@testable internal import HealthProber

@Suite("Check records")
struct CheckRecordsTests {
    private func key(_ number: Int) -> CheckKey { CheckKey(node: "n", id: "c\(number)") }

    private func record(_ number: Int, _ output: String = "") -> Prober.Record {
        Prober.Record(
            key: key(number),
            serviceID: "s",
            serviceName: "s",
            definition: CheckDefinition(probe: .tcp(host: "h", port: 80, tls: nil)),
            hysteresis: Hysteresis(status: .passing, isNew: false),
            status: .passing,
            output: output,
            statusSince: .zero,
            owner: number
        )
    }

    @Test("Records are found, replaced and removed as in a dictionary")
    func likeADictionary() {
        var random = ProbeRandom(seed: 3)
        var records = CheckRecords()
        var model: [CheckKey: String] = [:]
        for step in 0..<2_000 {
            let number = Int.random(in: 0..<50, using: &random)
            switch Int.random(in: 0..<3, using: &random) {
            case 0:
                records[key(number)] = nil
                model[key(number)] = nil
            case 1:
                #expect(records.removeValue(forKey: key(number))?.output == model[key(number)])
                model[key(number)] = nil
            default:
                records[key(number)] = record(number, "\(step)")
                model[key(number)] = "\(step)"
            }
            #expect(records[key(number)]?.output == model[key(number)])
        }
        #expect(Set(records.keys) == Set(model.keys))
        for (key, output) in model {
            #expect(records[key]?.output == output)
            #expect(records[key]?.key == key)
        }
    }

    @Test("A check takes no more than so much of memory, its texts apart")
    func memory() {
        print("prober: \(MemoryLayout<Prober.Record?>.stride) bytes a record")
        #expect(MemoryLayout<Prober.Record?>.stride <= 300)
        #expect(MemoryLayout<CheckKey?>.stride <= 32)
    }
}
