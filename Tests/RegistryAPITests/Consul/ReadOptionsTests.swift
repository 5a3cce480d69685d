import HTTPTypes
import ServiceCatalog
import TestSupport
import Testing

@testable import RegistryAPI

@Suite("Consul read parameters and blocking queries")
struct ReadOptionsTests {
    @Test(
        "Parameters that contradict or cannot be read are refused",
        arguments: [
            ("index=abc", 400, "Invalid index"), ("index=-1", 400, "Invalid index"),
            ("index=1&wait=soon", 400, "Invalid wait time"), ("wait=60", 400, "Invalid wait time"),
            ("stale&consistent", 400, "Cannot specify ?stale with ?consistent"),
            ("cached&consistent", 400, "Cannot specify ?cached with ?consistent"),
            ("dc=nowhere", 500, "No path to datacenter"),
            ("ns=default", 400, "Invalid query parameter: \"ns\""),
            ("partition=x", 400, "Invalid query parameter: \"partition\""),
            ("peer=x", 400, "Invalid query parameter: \"peer\""),
            ("sg=x", 400, "Invalid query parameter: \"sg\""),
            ("filter=Port==1", 500, "Failed to create boolean expression evaluator: "),
            ("tag=%zz", 400, "the query has a broken percent-encoding"),
        ]
    )
    func refused(_ query: String, _ status: Int, _ message: String) async throws {
        let reply = try await ConsulHarness().get("/v1/health/service/web?\(query)")
        #expect(reply.status == status)
        #expect(reply.body.hasPrefix(message), "\(reply.body)")
    }

    @Test("A namespace in a header is refused too")
    func namespaceHeader() async throws {
        let headers: HTTPFields = [ConsulHeader.namespace: "default"]
        let reply = try await ConsulHarness()
            .send(.get, "/v1/catalog/services", headers: headers)
        #expect(reply.status == 400)
    }

    @Test(
        "The headers say which consistency was served",
        arguments: [
            ("", "leader"), ("stale", "stale"), ("consistent", "consistent"),
        ]
    )
    func consistency(_ query: String, _ served: String) async throws {
        let reply = try await ConsulHarness().get("/v1/catalog/nodes?\(query)&ns=&filter=")
        #expect(reply.status == 200)
        #expect(reply.headers["X-Consul-Effective-Consistency"] == served)
        #expect(reply.headers["X-Consul-Query-Backend"] == "blocking-query")
    }

    @Test("A cached read says that it was none")
    func cached() async throws {
        let reply = try await ConsulHarness().get("/v1/catalog/nodes?cached")
        #expect(reply.headers["X-Cache"] == "MISS")
        #expect(reply.headers["Age"] == "0")
    }

    @Test("A watcher of one service sleeps through changes of another")
    func wakeUp() async throws {
        let api = try await ConsulHarness()
        _ = try await api.put("/v1/agent/service/register", #"{"ID":"b","Name":"b","Port":1}"#)
        let first = try await api.get("/v1/health/service/b")
        let index = try #require(first.headers["X-Consul-Index"].flatMap { Int($0) })
        async let second = api.get("/v1/health/service/b?index=\(index)&wait=60s")
        try await eventually("the read waits") { api.keeper.waiterCount == 1 }
        _ = try await api.put("/v1/agent/service/register", #"{"ID":"a","Name":"a","Port":1}"#)
        #expect(api.keeper.waiterCount == 1)
        _ = try await api.put("/v1/agent/service/register", #"{"ID":"b","Name":"b","Port":2}"#)
        let reply = try await second
        #expect(reply.json[0]["Service"]["Port"].number == 2)
        let newIndex = try #require(reply.headers["X-Consul-Index"].flatMap { Int($0) })
        #expect(newIndex == index + 2)
    }

    @Test(
        "Every kind of read is woken by what it shows",
        arguments: [
            "catalog/services", "catalog/service/new", "catalog/nodes", "catalog/node/new-node",
            "catalog/node-services/new-node", "health/service/new", "health/checks/new",
            "health/node/new-node", "health/state/any",
        ]
    )
    func topics(_ path: String) async throws {
        let api = try await ConsulHarness()
        let before = try await api.get("/v1/\(path)")
        let index = try #require(before.headers["X-Consul-Index"].flatMap { Int($0) })
        async let after = api.get("/v1/\(path)?index=\(index)&wait=60s")
        try await eventually("the read waits") { api.keeper.waiterCount == 1 }
        _ = try await api.put(
            "/v1/catalog/register",
            #"""
            {"Node":"new-node","Address":"10.0.0.1","Service":{"ID":"n","Service":"new"},
             "Check":{"CheckID":"c","ServiceID":"n"}}
            """#
        )
        let reply = try await after
        #expect(reply.body != before.body)
        #expect(reply.headers["X-Consul-Index"].flatMap { Int($0) } ?? 0 > index)
    }

    @Test("An index ahead of the catalog waits, and then gets the lower one")
    func indexAhead() async throws {
        let api = try await ConsulHarness()
        async let reply = api.get("/v1/catalog/nodes?index=100000&wait=1ms")
        try await eventually("the read waits") { api.keeper.waiterCount == 1 }
        api.keeper.wakeExpired(now: ContinuousClock.now + .seconds(5))
        #expect(try await reply.headers["X-Consul-Index"] == "2")
    }

    @Test("An index behind the catalog and no index at all answer at once")
    func atOnce() async throws {
        let api = try await ConsulHarness()
        #expect(try await api.get("/v1/catalog/nodes?index=1&wait=60s").status == 200)
        #expect(try await api.get("/v1/catalog/nodes?index=0&wait=60s").status == 200)
        #expect(try await api.get("/v1/catalog/nodes?wait=60s").status == 200)
    }

    @Test("A client that leaves ends its read")
    func clientLeaves() async throws {
        let api = try await ConsulHarness()
        let client = ClientPresence()
        async let reply = api.send(
            .get,
            "/v1/catalog/nodes?index=100&wait=60s",
            client: client
        )
        try await eventually("the read waits") { api.keeper.waiterCount == 1 }
        client.leave()
        #expect(try await reply.status == 200)
        #expect(api.keeper.waiterCount == 0)
    }
}
