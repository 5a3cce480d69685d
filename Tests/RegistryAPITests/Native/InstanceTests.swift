import ServiceCatalog
import Testing

@testable import RegistryAPI

@Suite("Native API: heartbeats, removal and drain", .timeLimit(.minutes(1)))
struct InstanceTests {
    private static func register(_ server: TestServer, _ rest: String = "") async throws {
        let body = #"{"service":"web","host":"10.0.0.1","port":80,"id":"a/b"\#(rest)}"#
        #expect(try await server.request("POST", "/register", body).status == 200)
    }

    private static let key = InstanceKey(node: TestServer.nodeName, id: "a/b")

    @Test("a heartbeat renews the lease, with PUT and with POST")
    func renews() async throws {
        try await TestServer.with { server in
            try await Self.register(server, #","ttl":"10s""#)
            let before = server.leases.renewedLeases.count
            for method in ["PUT", "POST"] {
                let response = try await server.request(method, "/heartbeat/a%2Fb")
                #expect(response.status == 200)
                #expect(try response.object()["instance_id"] as? String == "a/b")
                #expect(try response.object()["ttl"] as? String == "10s")
                #expect((try response.object()["lease_id"] as? String)?.count == 32)
            }
            #expect(server.leases.renewedLeases.count == before + 2)
        }
    }

    @Test("a heartbeat makes ttl checks passing")
    func passesTTLChecks() async throws {
        try await TestServer.with { server in
            try await Self.register(server, #","checks":[{"ttl":"5s"}]"#)
            let response = try await server.request("PUT", "/heartbeat/a%2Fb")
            #expect(response.status == 200)
            #expect(response.body.contains(#""lease_id":null"#))
            #expect(server.keeper.read { $0.health(Self.key) } == .passing)
            let changes = server.log.changes.count
            _ = try await server.request("PUT", "/heartbeat/a%2Fb")
            #expect(server.log.changes.count == changes, "a renewal is no write")
            #expect(server.leases.renewedChecks.count == 2)
        }
    }

    @Test("a heartbeat for what is unknown is 404, without a lease 409")
    func refusesHeartbeat() async throws {
        try await TestServer.with { server in
            let unknown = try await server.request("PUT", "/heartbeat/nobody")
            #expect(unknown.status == 404)
            #expect(unknown.error == "no instance \"nobody\" is registered")
            try await Self.register(server)
            let leaseless = try await server.request("PUT", "/heartbeat/a%2Fb")
            #expect(leaseless.status == 409)
            #expect(leaseless.hint.contains("register it with a ttl"))
            let broken = try await server.request("PUT", "/heartbeat/a%2")
            #expect(broken.status == 400)
        }
    }

    @Test("a removed instance is gone, and removing it again is 404")
    func removes() async throws {
        try await TestServer.with { server in
            try await Self.register(server)
            let response = try await server.request("DELETE", "/instances/a%2Fb")
            #expect(response.status == 200)
            #expect(response.body == "{\"instance_id\":\"a/b\"}\n")
            #expect(server.keeper.read { $0.instanceCount } == 0)
            #expect(try await server.request("DELETE", "/instances/a%2Fb").status == 404)
        }
    }

    @Test("drain takes it out of answers, waits for the TTL, then removes it")
    func drains() async throws {
        try await TestServer.with(answerTTLSeconds: 1) { server in
            try await Self.register(server)
            let response = try await server.request("DELETE", "/instances/a%2Fb?drain=true")
            #expect(response.status == 200)
            // On a machine with much to do it takes longer.
            let waited = try #require(
                response.body.firstMatch(
                    of: /^\{"drained":true,"instance_id":"a\/b","waited_seconds":(\d+)\}\n$/
                )
            )
            #expect(try #require(Int(waited.1)) >= 1)
            #expect(
                server.log.changes.suffix(2) == [
                    .drain(Self.key), .deregisterInstance(Self.key, onlyIf: nil),
                ]
            )
            #expect(server.keeper.read { $0.instanceCount } == 0)
        }
    }

    @Test("a client that leaves while it drains does not stop the removal")
    func drainsWithoutClient() async throws {
        try await TestServer.with(answerTTLSeconds: 1) { server in
            try await Self.register(server)
            try await TestConnection.with(port: server.port) { connection in
                try await connection.send("DELETE", "/instances/a%2Fb?drain=true")
                await server.keeper.wait(
                    for: .service("web"),
                    above: server.keeper.read { $0.serviceIndex("web") },
                    until: .now + .seconds(30)
                )
                #expect(server.keeper.read { $0.instance(Self.key)?.isDraining } == true)
                try await connection.close()
            }
            let draining = server.keeper.read { $0.serviceIndex("web") }
            await server.keeper.wait(
                for: .service("web"),
                above: draining,
                until: .now + .seconds(30)
            )
            #expect(server.keeper.read { $0.instanceCount } == 0)
        }
    }

    @Test("a server that stops removes what drains at once, and does not call it safe to stop")
    func drainsAtStop() async throws {
        let kept = Kept()
        try await TestServer.with(answerTTLSeconds: 600) { server in
            kept.keeper = server.keeper
            try await Self.register(server)
            let index = server.keeper.read { $0.serviceIndex("web") }
            try await TestConnection.with(port: server.port) { connection in
                try await connection.send("DELETE", "/instances/a%2Fb?drain=true")
                await server.keeper.wait(
                    for: .service("web"),
                    above: index,
                    until: .now + .seconds(30)
                )
                await server.stop()
                let response = try await connection.response()
                #expect(response.status == 503)
                #expect(response.body.contains("it is safe to stop in"))
            }
        }
        #expect(kept.keeper?.read { $0.instanceCount } == 0)
    }

    private final class Kept {
        var keeper: CatalogKeeper?
    }

    @Test("registering again during a drain wins")
    func registersDuringDrain() async throws {
        try await TestServer.with(answerTTLSeconds: 1) { server in
            try await Self.register(server)
            let index = server.keeper.read { $0.serviceIndex("web") }
            try await TestConnection.with(port: server.port) { connection in
                try await connection.send("DELETE", "/instances/a%2Fb?drain=true")
                await server.keeper.wait(
                    for: .service("web"),
                    above: index,
                    until: .now + .seconds(30)
                )
                try await Self.register(server)
                #expect(try await connection.response().status == 409)
            }
            #expect(server.keeper.read { $0.instance(Self.key)?.isDraining } == false)
        }
    }

    @Test("an id is looked for on the local node, then on all, then with ?node=")
    func findsOnOtherNodes() async throws {
        try await TestServer.with { server in
            func add(_ node: String, _ id: String) async throws {
                try await server.log.append(
                    .register(
                        Registration(
                            node: Node(name: node, address: "10.2.0.1", datacenter: "dc1"),
                            instance: ServiceInstance(node: node, id: id, service: "db")
                        )
                    )
                )
            }
            for (node, id) in [("n1", "x"), ("n1", "y"), ("n2", "y")] { try await add(node, id) }
            #expect(try await server.request("DELETE", "/instances/x").status == 200)
            let ambiguous = try await server.request("DELETE", "/instances/y")
            #expect(ambiguous.status == 409)
            #expect(ambiguous.error == "2 nodes have an instance \"y\": n1, n2")
            #expect(ambiguous.hint == "say which one with ?node=")
            #expect(try await server.request("DELETE", "/instances/y?node=n3").status == 404)
            #expect(try await server.request("DELETE", "/instances/y?node=n2").status == 200)
            #expect(server.keeper.read { $0.instances(onNode: "n1").map(\.id) } == ["y"])
        }
    }
}
