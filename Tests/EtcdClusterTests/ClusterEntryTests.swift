import Foundation
import Protos
import ServiceCatalog
import SwiftProtobuf
import Testing

@testable import EtcdCluster

@Suite("Entries of the log")
struct ClusterEntryTests {
    private let key = InstanceKey(node: "N", id: "web-1")
    private let day: Int64 = 24 * 3_600 * 1_000

    private func registration(_ address: String = "10.0.0.1") -> CatalogChange {
        .register(
            Registration(
                instance: ServiceInstance(
                    node: "N",
                    id: "web-1",
                    service: "web",
                    address: address,
                    port: 80
                )
            )
        )
    }

    private func entry(
        _ changes: [CatalogChange],
        at milliseconds: Int64,
        offline: [Int64] = [],
        limits: CatalogLimits = CatalogLimits()
    ) async throws -> ClusterEntry {
        let (bytes, _) = try JSONCoding().encode(changes, bytesMax: .max)
        let value = try ClusterEntry.value(
            bytes,
            milliseconds: milliseconds,
            limits: limits,
            offlineMilliseconds: offline
        )
        return try await ClusterEntry(value, JSONCoding()) { _ in [] }
    }

    @Test("what is read is what was written, limits that are not usual included")
    func roundTrip() async throws {
        var limits = CatalogLimits()
        limits.instancesMax = 7
        let read = try await entry([registration(), .drain(key)], at: 5, limits: limits)
        #expect(read.changes == [registration(), .drain(key)])
        #expect(read.milliseconds == 5 && read.limits == limits)
        #expect(try await entry([.drain(key)], at: 5).limits == CatalogLimits())
    }

    @Test("what a newer program wrote is refused in words")
    func newer() async throws {
        var newer = Rollcall_Entry()
        newer.format = 99
        let value: Data = try newer.serializedBytes()
        await #expect(throws: ClusterEntryError.newer(format: 99)) {
            _ = try await ClusterEntry(value, JSONCoding()) { _ in [] }
        }
    }

    @Test("changes that are elsewhere are fetched")
    func parts() async throws {
        let (bytes, _) = try JSONCoding().encode([registration()], bytesMax: .max)
        let value = try ClusterEntry.value([], parts: 3, milliseconds: 1, limits: CatalogLimits())
        let read = try await ClusterEntry(value, JSONCoding()) { count in
            #expect(count == 3)
            return bytes
        }
        #expect(read.changes == [registration()])
        #expect(read.partBytes == bytes.count)
    }

    @Test("of two words of an owner the later holds, whichever comes first")
    func owners() async throws {
        var writes = OwnerWrites()
        _ = try await entry([registration()], at: 1_000).admitted(by: &writes)
        let late = try await entry([registration("10.0.0.2")], at: 5_000, offline: [900])
        #expect(late.admitted(by: &writes).isWanted == [false])
        let newer = try await entry([registration("10.0.0.3")], at: 5_000, offline: [1_100])
        #expect(newer.admitted(by: &writes).isWanted == [true])
    }

    @Test("a deregistration is a tombstone: what was taken before brings no ghost back")
    func tombstones() async throws {
        var writes = OwnerWrites()
        let removal = CatalogChange.deregisterInstance(
            InstanceKey(node: "n", id: "web-1"),
            onlyIf: nil
        )
        _ = try await entry([removal], at: 2_000).admitted(by: &writes)
        let before = try await entry([registration()], at: 9_000, offline: [1_999])
        #expect(before.admitted(by: &writes).changes.isEmpty)
        let after = try await entry([registration()], at: 9_000, offline: [2_001])
        #expect(after.admitted(by: &writes).changes.count == 1)
    }

    @Test("a removal that nobody asked for is no word of the owner")
    func expiries() async throws {
        var writes = OwnerWrites()
        let expiry = CatalogChange.deregisterInstance(key, onlyIf: .leaseIs("l"))
        _ = try await entry([expiry], at: 2_000).admitted(by: &writes)
        let taken = try await entry([registration()], at: 9_000, offline: [1_000])
        #expect(taken.admitted(by: &writes).isWanted == [true])
    }

    @Test("what was taken longer ago than anybody remembers is refused")
    func tooOld() async throws {
        var writes = OwnerWrites()
        let taken = try await entry([registration()], at: 2 * day, offline: [day - 1])
        #expect(taken.admitted(by: &writes).isWanted == [false])
    }

    @Test("results are told in the order of the changes, also of those that were not wanted")
    func results() {
        let made: [Result<CatalogWrite, CatalogRejection>] = [
            .success(CatalogWrite(index: 7)), .failure(.unknownNode("x")),
        ]
        let results = ClusterEntry.results(made, [true, false, true])
        #expect(
            results == [
                .success(CatalogWrite(index: 7)), .failure(.rejected(.conditionFailed)),
                .failure(.rejected(.unknownNode("x"))),
            ]
        )
    }

    @Test("what owners said is the same after a snapshot, less what is too old")
    func ownersInText() {
        var writes = OwnerWrites()
        writes.note(registration(), madeAt: 3 * day)
        writes.note(.deregisterInstance(InstanceKey(node: "n", id: "old"), onlyIf: nil), madeAt: 5)
        writes.prune(now: 3 * day + 1)
        let read = OwnerWrites(text: writes.text)
        #expect(read.milliseconds == writes.milliseconds)
        #expect(read.milliseconds == [InstanceKey(node: "n", id: "web-1"): 3 * day])
        #expect(OwnerWrites(text: "nonsense").milliseconds.isEmpty)
    }
}
