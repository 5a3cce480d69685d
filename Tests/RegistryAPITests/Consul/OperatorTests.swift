import TestSupport
import Testing

@testable import RegistryAPI

@Suite("Consul's operator reads")
struct OperatorTests {
    @Test("the cluster is this server, which leads and votes")
    func configuration() async throws {
        let reply = try await ConsulHarness().get("/v1/operator/raft/configuration").json
        #expect(reply["Servers"].list.count == 1)
        let server = reply["Servers"][0]
        #expect(server["Node"].text == "self")
        #expect(server["Address"].text == "127.0.0.1:8300")
        #expect(server["Leader"] == .bool(true) && server["Voter"] == .bool(true))
        #expect((reply["Index"].number ?? 0) >= 1)
    }

    @Test("a server that answers is healthy, and none may fail")
    func health() async throws {
        let reply = try await ConsulHarness().get("/v1/operator/autopilot/health").json
        #expect(reply["Healthy"] == .bool(true))
        #expect(reply["FailureTolerance"].number == 0)
        #expect(reply["Servers"][0]["Name"].text == "self")
        #expect(reply["Servers"][0]["SerfStatus"].text == "alive")
    }
}
