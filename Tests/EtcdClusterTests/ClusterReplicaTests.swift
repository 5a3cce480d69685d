import Foundation
import Protos
import ServiceCatalog
import SwiftProtobuf
import Synchronization
import Testing

@testable import EtcdCluster

@Suite("The copy of what etcd has put in order")
struct ClusterReplicaTests {
    private let keeper = CatalogKeeper(Catalog(datacenter: "dc1"))
    private let observer = Notes()
    private let keys = ClusterKeys(name: "c", id: "1")
    private let replica: ClusterReplica
    private let parts: EntryParts

    /// What the observer was told.
    private final class Notes: ClusterObserver {
        private let seen: Mutex<[EntryName: [Result<CatalogWrite, CatalogLogError>]]> = Mutex([:])
        private let beats: Mutex<[UInt64]> = Mutex([])

        func applied(_ name: EntryName, _ results: [Result<CatalogWrite, CatalogLogError>]) {
            seen.withLock { $0[name] = results }
        }

        func advanced(_ view: ClusterView) {}
        func viewChanged(_ view: ClusterView) {}
        func heard(_ numbers: [UInt64], by nodeID: String) { beats.withLock { $0 += numbers } }
        func asked(_ question: Rollcall_Question, by nodeID: String) {}
        func answered(_ opinion: Rollcall_Opinion, by nodeID: String) {}

        var results: [EntryName: [Result<CatalogWrite, CatalogLogError>]] { seen.withLock { $0 } }
        var numbers: [UInt64] { beats.withLock { $0 } }
    }

    init() {
        replica = ClusterReplica(
            keeper,
            coding: JSONCoding(),
            observer: observer
        )
        parts = EntryParts(client: EtcdClient(EtcdSettings(endpoints: [])), keys: keys)
    }

    private func pair(_ key: String, _ value: Data, _ revision: UInt64) -> EtcdPair {
        var pair = Etcdserverpb_KeyValue()
        pair.key = Data(key.utf8)
        pair.value = value
        pair.createRevision = Int64(revision)
        pair.modRevision = Int64(revision)
        return EtcdPair(pair)
    }

    private func take(
        _ number: UInt64,
        _ changes: [CatalogChange],
        at revision: UInt64
    ) async throws {
        let (bytes, _) = try JSONCoding().encode(changes, bytesMax: .max)
        let value = try ClusterEntry.value(bytes, milliseconds: 1, limits: CatalogLimits())
        let name = EntryName(writer: "w", epoch: 1, number: number)
        try await replica.take(
            revision,
            [(pair(keys.entry(name), value, revision), false)],
            parts
        )
    }

    private func set(_ key: String, _ value: UInt8) -> CatalogChange {
        .keyValue(.set(KeyValueWrite(key: key, value: [value])))
    }

    private func value(_ key: String) -> [UInt8]? { keeper.read { $0.entry(key)?.value.bytes } }

    @Test("attached, an entry is what everybody reads, and all of it has etcd's revision")
    func attached() async throws {
        await replica.attach()
        try await take(1, [set("a", 1), set("b", 2)], at: 10)
        #expect(value("a") == [1])
        #expect(
            keeper.read { [$0.entry("a")?.modifyIndex, $0.entry("b")?.modifyIndex, $0.index] }
                == [10, 10, 10]
        )
        #expect(await replica.view.revision == 10)
        #expect(observer.results[EntryName(writer: "w", epoch: 1, number: 1)]?.count == 2)
    }

    @Test("what was seen already is not applied again")
    func repeats() async throws {
        await replica.attach()
        try await take(1, [set("a", 1)], at: 10)
        try await take(1, [set("a", 9)], at: 10)
        #expect(value("a") == [1])
    }

    @Test("an entry that a watch has left out is noticed at the next")
    func gaps() async throws {
        await replica.attach()
        try await take(1, [set("a", 1)], at: 10)
        await #expect(throws: EtcdError.self) { try await take(3, [set("a", 3)], at: 12) }
        #expect(value("a") == [1])
    }

    @Test("detached, readers see what was, and own findings; attached again, what etcd has")
    func detached() async throws {
        await replica.attach()
        let node = Node(name: "n", address: "10.0.0.1", datacenter: "dc1")
        let check = HealthCheck(node: "n", id: "c", name: "c", status: .passing)
        let registration = Registration(
            node: node,
            checks: [RegisteredCheck(check, keepsStatus: false)]
        )
        try await take(1, [.register(registration)], at: 10)
        #expect(await replica.applyAlone(set("a", 1)) == nil, "not while attached")
        await replica.detach()
        let finding = CatalogChange.checkStatus(check.key, .critical, output: "gone")
        #expect(await replica.applyAlone(finding) != nil)
        try await take(2, [set("a", 5)], at: 11)
        #expect(value("a") == nil)
        #expect(keeper.read { $0.check(check.key)?.status } == .critical)
        #expect(await replica.openVerdicts() == [finding])
        await replica.attach()
        #expect(value("a") == [5])
        #expect(keeper.read { $0.check(check.key)?.status } == .passing)
        #expect(await replica.openVerdicts().isEmpty)
    }

    @Test("what was read as a whole settles this server's own entries, too")
    func install() async throws {
        let name = EntryName(writer: "w", epoch: 1, number: 4)
        var loaded = LoadedCluster(catalog: Catalog(datacenter: "dc1"))
        loaded.view.revision = 40
        loaded.results[name] = [.success(CatalogWrite(index: 33))]
        loaded.last["w"] = name
        await replica.install(loaded)
        #expect(observer.results[name] == [.success(CatalogWrite(index: 33))])
        #expect(await replica.reached(40))
        await #expect(throws: EtcdError.self) { try await take(6, [set("a", 1)], at: 41) }
    }

    @Test("heartbeats that another server heard are passed on, and members come and go")
    func others() async throws {
        var beats = Rollcall_Beats()
        beats.numbers = [7, 8]
        let member = ClusterMember(
            nodeID: "x",
            nodeName: "n2",
            address: "10.0.0.2",
            version: "1"
        )
        let values: [(String, Data)] = [
            (keys.beats("x"), try beats.serializedBytes()), (keys.member("n2"), try member.value),
            (keys.leader, Data("x".utf8)),
        ]
        try await replica.take(5, values.map { (pair($0, $1, 5), false) }, parts)
        #expect(observer.numbers == [7, 8])
        #expect(await replica.view.members["n2"]?.address == "10.0.0.2")
        #expect(await replica.view.leader == ClusterView.Leader(nodeID: "x", since: 5))
        try await replica.take(6, values.map { (pair($0.0, Data(), 6), true) }, parts)
        #expect(await replica.view.members.isEmpty)
        #expect(await replica.view.leader == nil)
    }

    @Test("who waits for a revision is woken by it, and by being cancelled")
    func waiting() async throws {
        await replica.attach()
        async let reached = replica.reached(10)
        let cancelled = Task { await replica.reached(99) }
        try await take(1, [set("a", 1)], at: 10)
        #expect(await reached)
        cancelled.cancel()
        #expect(await cancelled.value == false)
        #expect(await replica.reached(11, within: .milliseconds(1)) == false)
    }
}
