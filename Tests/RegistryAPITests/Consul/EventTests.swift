import ServiceCatalog
import TestSupport
import Testing

@testable import RegistryAPI

@Suite("Consul events and coordinates")
struct EventTests {
    @Test("an event that was fired is listed, with its payload")
    func fireAndList() async throws {
        let api = try await ConsulHarness()
        let fired = try await api.put("/v1/event/fire/deploy?node=web&service=s", "1.2").object()
        #expect(fired["Name"] as? String == "deploy")
        #expect(fired["Payload"] as? String == "MS4y")
        #expect(fired["NodeFilter"] as? String == "web")
        #expect(fired["Version"] as? Int == 1 && fired["LTime"] as? Int == 0)
        _ = try await api.put("/v1/event/fire/other")
        let all = try await api.get("/v1/event/list")
        #expect(try all.array().map { $0["LTime"] as? Int } == [1, 2])
        let named = try await api.get("/v1/event/list?name=deploy")
        #expect(try named.array().map { $0["ID"] as? String } == [fired["ID"] as? String])
        #expect(named.headers["X-Consul-Index"] != all.headers["X-Consul-Index"])
        #expect(try await api.put("/v1/event/fire/").status == 400)
        #expect(try await api.put("/v1/event/fire/a?tag=x").status == 400)
    }

    @Test("a blocking list wakes for the next event of its name")
    func blocking() async throws {
        let api = try await ConsulHarness()
        _ = try await api.put("/v1/event/fire/deploy")
        let index = try await api.get("/v1/event/list?name=deploy").headers["X-Consul-Index"] ?? ""
        async let waiting = api.get("/v1/event/list?name=deploy&index=\(index)&wait=60s")
        _ = try await api.put("/v1/event/fire/other")
        _ = try await api.put("/v1/event/fire/deploy")
        #expect(try await waiting.array().count == 2)
        // An index of another time is news at once.
        let stale = try await api.get("/v1/event/list?index=12345&wait=60s")
        #expect(try stale.array().count == 3)
    }

    @Test("the last 256 events are kept")
    func ring() async throws {
        let api = try await ConsulHarness()
        for number in 0..<300 { _ = try await api.put("/v1/event/fire/e\(number)") }
        let events = try await api.get("/v1/event/list").array()
        #expect(events.count == 256)
        #expect(events.last?["Name"] as? String == "e299")
        #expect(events.last?["LTime"] as? Int == 300)
    }

    @Test("the index of a list is made of the last id as Consul makes it")
    func index() {
        var event = UserEvent(
            id: "00000000-0000-00ff-0000-0000000000f1",
            name: "",
            payload: Base64Bytes(),
            nodeFilter: "",
            serviceFilter: "",
            tagFilter: "",
            time: 0
        )
        #expect(UserEvents.index(of: [event]) == 0x0E)
        event.id = "ffffffff-ffff-ffff-0000-000000000000"
        #expect(UserEvents.index(of: [event]) == .max)
        #expect(UserEvents.index(of: []) == 0)
    }

    @Test("coordinates: none are kept, and updates are taken")
    func coordinates() async throws {
        let api = try await ConsulHarness()
        #expect(try await api.get("/v1/coordinate/datacenters").body == "[]")
        #expect(try await api.get("/v1/coordinate/nodes").body == "[]")
        #expect(try await api.get("/v1/coordinate/node/self").status == 404)
        #expect(try await api.put("/v1/coordinate/update", #"{"Node":"self"}"#).status == 200)
    }
}
