import TestSupport
import Testing

@testable import RegistryAPI

@Suite("Consul maintenance mode")
struct MaintenanceTests {
    @Test("An instance in maintenance has a critical check with the reason")
    func service() async throws {
        let api = try await ConsulHarness()
        _ = try await api.put("/v1/agent/service/register", #"{"ID":"a-1","Name":"a"}"#)
        let on = try await api.put("/v1/agent/service/maintenance/a-1?enable=true&reason=up+grade")
        #expect(on.status == 200)
        #expect(on.body.isEmpty)
        let check = try await api.get("/v1/agent/checks").json["_service_maintenance:a-1"]
        #expect(check["Name"].text == "Service Maintenance Mode")
        #expect(check["Notes"].text == "up grade")
        #expect(check["Status"].text == "critical")
        #expect(check["Type"].text == "maintenance")
        #expect(check["ServiceName"].text == "a")
        #expect(try await api.get("/v1/health/service/a?passing").body == "[]")
        for _ in 0..<2 {
            let off = try await api.put("/v1/agent/service/maintenance/a-1?enable=false")
            #expect(off.status == 200)
        }
        #expect(try await api.get("/v1/agent/checks").body == "{}")
    }

    @Test("A node in maintenance takes all its instances out; the first reason stays")
    func node() async throws {
        let api = try await ConsulHarness()
        _ = try await api.put("/v1/agent/service/register", #"{"ID":"a-1","Name":"a"}"#)
        _ = try await api.put("/v1/agent/maintenance?enable=true&reason=first")
        _ = try await api.put("/v1/agent/maintenance?enable=true&reason=second")
        let check = try await api.get("/v1/agent/checks").json["_node_maintenance"]
        #expect(check["Notes"].text == "first")
        #expect(check["ServiceID"].text == "")
        #expect(try await api.get("/v1/health/service/a?passing").body == "[]")
        _ = try await api.put("/v1/agent/maintenance?enable=false")
        #expect(try await api.get("/v1/health/service/a?passing").json.list.count == 1)
    }

    @Test("Unknown instances and missing words are refused")
    func refused() async throws {
        let api = try await ConsulHarness()
        let unknown = try await api.put("/v1/agent/service/maintenance/nosuch?enable=true")
        #expect(unknown.status == 404)
        #expect(unknown.body == "No service registered with ID \"nosuch\"")
        let missing = try await api.put("/v1/agent/service/maintenance/nosuch")
        #expect(missing.status == 400)
        #expect(missing.body == "Missing value for enable")
        #expect(try await api.put("/v1/agent/maintenance?enable=maybe").status == 400)
        #expect(try await api.put("/v1/agent/service/maintenance/?enable=true").status == 400)
    }
}
