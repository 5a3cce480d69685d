import Foundation
import RollcallClient
import Synchronization
import Testing

@Suite("Discovery")
struct DiscoveryTests {
    static let instance = """
        {"id":"pay-1","service":"payment","node":"n1","host":"10.0.1.1","port":8080,"health":"WARN",
         "tags":["eu"],"metadata":{"v":"2"},"weights":{"passing":3,"warning":1},
         "checks":[{"id":"c1","name":"up","status":"warning","output":"slow"}]}
        """

    @Test("services are names with tags")
    func services() async throws {
        let services = try await withFakeRegistry { request in
            request.uri == "/services" ? .json(#"{"web":["v1"],"db":[]}"#) : .json("", status: 404)
        } body: { server in
            try await Discovery(server).services()
        }
        #expect(services == ["web": ["v1"], "db": []])
    }

    @Test("instances come with their state and the catalog's index")
    func instances() async throws {
        let found = try await withFakeRegistry { request in
            request.uri == "/services/payment?passing&tag=e%20u"
                ? .json("[\(Self.instance)]", index: 42) : .json("", status: 404)
        } body: { server in
            try await Discovery(server).instances(of: "payment", passingOnly: true, tag: "e u")
        }
        #expect(found.index == 42)
        let instance = try #require(found.instances.first)
        #expect(instance.id == "pay-1")
        #expect(instance.health == .warning)
        #expect(instance.weights.passing == 3)
        #expect(instance.checks.first?.output == "slow")
    }

    @Test("a wait is sent with the index")
    func waiting() async throws {
        let seen = Mutex("")
        _ = try await withFakeRegistry { request in
            seen.withLock { $0 = request.uri }
            return .json("[]", index: 8)
        } body: { server in
            try await Discovery(server).instances(of: "web", after: 7, wait: .seconds(30))
        }
        #expect(seen.withLock { $0 } == "/services/web?index=7&wait=30000ms")
    }

    @Test("an answer of another form is `badResponse`", arguments: ["{}", "not JSON", "[1]", ""])
    func badResponse(body: String) async throws {
        let error = try await withFakeRegistry { _ in
            .json(body)
        } body: { server in
            await #expect(throws: ClientError.self) {
                try await Discovery(server).instances(of: "web")
            }
        }
        #expect(error?.code == .badResponse)
    }

    @Test("a server that is not there is `unreachable`, with its address")
    func unreachable() async throws {
        // Port 9 of a loopback address: nothing listens there.
        let server = try RegistryServer("http://127.0.0.1:9")
        let error = await #expect(throws: ClientError.self) {
            try await Discovery(server).services()
        }
        #expect(error?.code == .unreachable)
        #expect(error?.message == "cannot reach http://127.0.0.1:9: Connection refused")
    }

    @Test(
        "an address that cannot be called is refused",
        arguments: ["", "ftp://a", "http://", "a b"]
    )
    func badAddress(address: String) {
        let error = #expect(throws: ClientError.self) { try RegistryServer(address) }
        #expect(error?.code == .badAddress)
    }
}
