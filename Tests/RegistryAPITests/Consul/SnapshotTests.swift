import Foundation
import HTTPTypes
import ServiceCatalog
import TestSupport
import Testing

@testable import RegistryAPI

@Suite("Consul snapshot")
struct SnapshotTests {
    @Test("what was saved is restored, also into another server")
    func roundTrip() async throws {
        let api = try await ConsulHarness()
        let session = try await api.session("")
        _ = try await api.put("/v1/kv/lock?acquire=\(session)", "held")
        _ = try await api.put(
            "/v1/catalog/register",
            #"{"Node":"ext","Address":"10.2.0.1","Service":{"Service":"db","Port":5432}}"#
        )
        let saved = try await api.get("/v1/snapshot")
        #expect(saved.status == 200)
        #expect(saved.headers["X-Consul-Index"] == "\(api.keeper.read { $0.index })")
        _ = try await api.send(.delete, "/v1/kv/?recurse")
        _ = try await api.put("/v1/kv/later", "x")
        #expect(try await api.put("/v1/snapshot", saved.body).status == 200)
        let other = try await ConsulHarness()
        _ = try await other.put("/v1/kv/gone", "x")
        #expect(try await other.put("/v1/snapshot", saved.body).status == 200)
        for server in [api, other] {
            #expect(try await server.get("/v1/kv/?keys").body == #"["lock"]"#)
            #expect(server.keeper.read { $0.entry("lock")?.session } == session)
            #expect(server.keeper.read { $0.instances(ofService: "db").count } == 1)
            #expect(
                server.keeper.read { $0.check(CheckKey(node: "self", id: "serfHealth")) } != nil
            )
        }
    }

    @Test("a damaged file is refused whole")
    func damaged() async throws {
        let api = try await ConsulHarness()
        _ = try await api.put("/v1/kv/a", "x")
        let saved = try await api.get("/v1/snapshot").body
        let changes = api.log.changes.count
        let flipped = saved.replacing("\"key\":\"a\"", with: "\"key\":\"b\"")
        for (body, reason) in [
            ("", "no snapshot"), ("rollcall-snapshot 1\n", "cut short"),
            (String(saved.dropLast()), "cut short"), (saved + "x", "cut short"),
            (flipped, "checksum is wrong"), ("rollcall-snapshot 1\n1 2\n{}", "no snapshot"),
        ] {
            let reply = try await api.put("/v1/snapshot", body)
            #expect(reply.status == 400)
            #expect(reply.body.contains(reason))
        }
        #expect(api.log.changes.count == changes)
    }

    @Test(
        "the pieces of a large file are what the encoder makes of the whole, and both forms agree"
    )
    func pieces() throws {
        var catalog = Catalog(datacenter: "dc1")
        for number in 1...600 {
            let node = Node(name: "n\(number % 3)", address: "10.0.0.1", datacenter: "dc1")
            let instance = ServiceInstance(
                node: node.name,
                id: "i/\(number)",
                service: "web",
                port: number
            )
            let change = CatalogChange.register(Registration(node: node, instance: instance))
            _ = try catalog.apply(change, at: UInt64(number))
        }
        let contents = catalog.contents
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        let file = try SnapshotFile.write(contents, index: 600)
        let (json, index) = try SnapshotFile.body(of: file)
        #expect(index == 600)
        #expect(Data(json) == (try encoder.encode(contents)))
        let direct = try SnapshotFile.read(try SnapshotFile.write(catalog))
        #expect(Set(direct.instances) == Set(contents.instances))
        #expect(direct.nodes == contents.nodes)
        let empty = try SnapshotFile.write(CatalogContents(), index: 1)
        #expect(try SnapshotFile.read(empty) == CatalogContents())
    }

    @Test("the checksum is the one that the world calls CRC-64/XZ")
    func checksum() {
        #expect(SnapshotFile.checksum("123456789".utf8) == 0x995D_C9BB_DF19_39FA)
    }
}
