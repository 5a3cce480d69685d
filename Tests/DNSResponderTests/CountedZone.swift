import DNSWire
import Synchronization

@testable import DNSResponder

/// Serves `consul.` with as many TXT records as wanted, each made when it is asked for.
final class CountedZones: ZoneSource {
    let records: Int
    let textBytes: Int
    /// Records that were asked for, of all transfers.
    let made = Atomic<Int>(0)

    init(_ records: Int, textBytes: Int = 200) {
        self.records = records
        self.textBytes = textBytes
    }

    func contents(ofZone apex: DomainName) -> (any ZoneContents)? {
        apex == "consul." ? CountedZone(self) : nil
    }
}

/// One transfer of it.
final class CountedZone: ZoneContents {
    let startOfAuthority: ResourceRecord
    private let source: CountedZones
    private var index = 0

    init(_ source: CountedZones) {
        self.source = source
        let zone = testZone("consul.", serial: 7)
        startOfAuthority = ResourceRecord(
            owner: zone.apex,
            type: .soa,
            ttlSeconds: zone.ttlSeconds,
            rdata: zone.startOfAuthority
        )
    }

    func next() -> TransferredRRset? {
        guard index < source.records else { return nil }
        index += 1
        source.made.add(1, ordering: .relaxed)
        return TransferredRRset(
            owner: name("n\(index).consul."),
            type: .txt,
            ttlSeconds: 5,
            rdata: [RData.txt([String(repeating: "x", count: source.textBytes)])]
        )
    }
}

/// A zone of given RRsets.
final class GivenZone: ZoneContents {
    let startOfAuthority: ResourceRecord
    private var rest: ArraySlice<TransferredRRset>

    init(_ rrsets: [TransferredRRset]) {
        startOfAuthority = CountedZone(CountedZones(0)).startOfAuthority
        rest = rrsets[...]
    }

    func next() -> TransferredRRset? { rest.popFirst() }
}
