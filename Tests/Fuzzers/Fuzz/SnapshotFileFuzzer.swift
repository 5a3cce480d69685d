import ServiceCatalog

@testable import RegistryAPI

/// Snapshot files; the checksum is made right for every second one, so that what is behind it is
/// reached too.
final class SnapshotFileFuzzer: Fuzzer {
    init() {}

    func run(_ bytes: [UInt8]) {
        var body = bytes
        guard body.takeByte() & 1 == 0 else {
            _ = try? SnapshotFile.read(body)
            return
        }
        let sum = String(SnapshotFile.checksum(body), radix: 16)
        let file = Array("rollcall-snapshot 1\n7 \(body.count) \(sum)\n".utf8) + body
        guard let contents = try? SnapshotFile.read(file) else { return }
        guard let again = try? SnapshotFile.read(SnapshotFile.write(contents, index: 7)) else {
            fatalError("our own snapshot cannot be read")
        }
        expect(again == contents, "a snapshot reads back as another one")
        var catalog = Catalog(datacenter: "dc1")
        catalog.restore(contents, index: 7)
    }
}
