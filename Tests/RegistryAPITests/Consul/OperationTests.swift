import HTTPTypes
import TestSupport
import Testing

@testable import RegistryAPI

@Suite("What Consul's operators ask a server about itself")
struct OperationTests {
    private static let page = """
        # HELP a_total A counter.
        # TYPE a_total counter
        a_total{type="A",text="x\\"y\\\\z\\nw"} 3
        # HELP b A gauge.
        # TYPE b gauge
        b 1.5
        # HELP c_seconds A histogram.
        # TYPE c_seconds histogram
        c_seconds_bucket{le="+Inf"} 4
        c_seconds_sum 0.25
        c_seconds_count 4
        nonsense
        d NaN

        """

    @Test("The samples of a page are read with their labels and kinds")
    func samples() {
        #expect(
            ConsulAPI.samples(in: Self.page) == [
                ConsulAPI.Sample(
                    name: "a_total",
                    labels: ["type": "A", "text": "x\"y\\z\nw"],
                    value: 3,
                    isCounter: true
                ),
                ConsulAPI.Sample(name: "b", labels: [:], value: 1.5, isCounter: false),
                ConsulAPI.Sample(
                    name: "c_seconds_sum",
                    labels: [:],
                    value: 0.25,
                    isCounter: true
                ),
                ConsulAPI.Sample(name: "c_seconds_count", labels: [:], value: 4, isCounter: true),
            ]
        )
        #expect(ConsulAPI.timestamp(1_767_322_985) == "2026-01-02 03:03:05 +0000 UTC")
        #expect(HTTPDate.civilDate(951_782_400) == (2000, 2, 29))
    }

    @Test("agent/metrics has the figures of /metrics, as text and as JSON")
    func metrics() async throws {
        let api = try await ConsulHarness(metricsText: Self.page)
        let text = try await api.get("/v1/agent/metrics?format=prometheus")
        #expect(text.body == Self.page)
        #expect(text.headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8")
        let reply = try await api.get("/v1/agent/metrics").json
        #expect(reply.keys == ["Counters", "Gauges", "Points", "Samples", "Timestamp"])
        #expect(reply["Gauges"].list.count == 1)
        #expect(reply["Gauges"][0]["Name"].text == "b")
        #expect(try await api.get("/v1/agent/metrics").body.contains(#""Value":1.5"#))
        #expect(reply["Counters"][0]["Count"].number == 3)
        #expect(reply["Counters"][0]["Labels"]["type"].text == "A")
    }

    @Test("One server is leader, healthy and the only voter")
    func cluster() async throws {
        let api = try await ConsulHarness()
        let raft = try await api.get("/v1/operator/raft/configuration").json
        #expect(raft["Servers"].list.count == 1)
        #expect(raft["Servers"][0]["Leader"] == .bool(true))
        #expect(raft["Servers"][0]["Address"].text == "127.0.0.1:8300")
        let health = try await api.get("/v1/operator/autopilot/health")
        #expect(health.status == 200)
        #expect(health.json["Healthy"] == .bool(true))
        #expect(health.json["Servers"][0]["Name"].text == "self")
    }

    @Test("The server tells its version and its host's name; nobody else can be told to leave")
    func identity() async throws {
        let api = try await ConsulHarness()
        #expect(
            try await api.get("/v1/agent/version").json["HumanVersion"].text == "1.21.4+rollcall"
        )
        #expect(try await api.get("/v1/agent/host").json["Host"]["hostname"].text == "self")
        let leave = try await api.put("/v1/agent/force-leave/nosuch")
        #expect(leave.status == 500)
        #expect(leave.body == "agent: No node found with name 'nosuch'")
    }

    @Test(
        "Of a mesh there is nothing, and it is said so",
        arguments: [
            ("health/connect/web", 200, "[]"), ("health/ingress/web", 200, "[]"),
            ("catalog/connect/web", 200, "[]"), ("catalog/gateway-services/web", 200, "[]"),
            ("peerings", 200, "[]"), ("exported-services", 200, "[]"),
            ("config/proxy-defaults", 200, "[]"),
            (
                "config/proxy-defaults/global", 404,
                #"Config entry not found for "proxy-defaults" / "global""#
            ),
            ("peering/other", 404, #"Peering not found for "other""#),
            (
                "agent/connect/ca/roots", 500,
                "Connect must be enabled in order to use this endpoint"
            ),
            (
                "discovery-chain/web", 500, "Connect must be enabled in order to use this endpoint"
            ),
            ("agent/monitor", 501, "Not supported: the log goes to standard error"),
        ]
    )
    func mesh(path: String, status: Int, body: String) async throws {
        let reply = try await ConsulHarness().get("/v1/\(path)")
        #expect(reply.status == status)
        #expect(reply.body == body)
        if status == 200 { #expect(reply.headers["X-Consul-Index"] != nil) }
    }

    @Test("What cannot be done over HTTP is refused with what to do instead")
    func refused() async throws {
        let api = try await ConsulHarness()
        for path in ["agent/reload", "agent/leave", "agent/join/10.0.0.1", "agent/token/default"] {
            let reply = try await api.put("/v1/\(path)")
            #expect(reply.status == 501, "\(path)")
            #expect(reply.body.hasPrefix("Not supported: "), "\(path)")
        }
    }
}
