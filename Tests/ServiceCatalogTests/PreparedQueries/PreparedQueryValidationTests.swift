import Testing

@testable import ServiceCatalog

@Suite("What a prepared query must look like")
struct PreparedQueryValidationTests {
    private func problem(_ change: (inout PreparedQuery) -> Void) -> String? {
        var query = PreparedQuery(
            id: "q",
            name: "web",
            service: PreparedQuery.Service(service: "web")
        )
        change(&query)
        do throws(PreparedQueryError) {
            try query.validate(CatalogLimits())
            return nil
        } catch {
            return error.description
        }
    }

    @Test("good ones are taken")
    func good() {
        #expect(problem { _ in } == nil)
        #expect(problem { $0.dnsTTL = "1m30s" } == nil)
        #expect(problem { $0.dnsTTL = "0s" } == nil)
        #expect(problem { $0.service.tags = ["a", "!b"] } == nil)
        #expect(problem { $0.service.nodeMeta = ["consul-version": "1"] } == nil)
        #expect(problem { $0.service.failover.nearestN = 3 } == nil)
        #expect(
            problem {
                $0.name = ""
                $0.session = "s"
            } == nil
        )
        #expect(
            problem {
                $0.name = ""
                $0.template = PreparedQuery.Template(type: "name_prefix_match")
            } == nil
        )
    }

    @Test("bad ones are refused in Consul's words")
    func bad() {
        #expect(problem { $0.name = "" } == "Must be bound to a session")
        #expect(problem { $0.service.service = "" } == "Must provide a Service name to query")
        #expect(problem { $0.token = "<hidden>" }?.hasPrefix("Bad Token '<hidden>'") == true)
        #expect(
            problem { $0.service.failover.nearestN = -1 } == "Bad NearestN '-1', must be >= 0"
        )
        #expect(
            problem {
                $0.service.failover.datacenters = ["dc2"]
                $0.service.failover.targets = [.init(datacenter: "dc3")]
            } == "Targets cannot be populated with NearestN or Datacenters"
        )
        #expect(problem { $0.dnsTTL = "two fortnights" }?.hasPrefix("Bad DNS TTL") == true)
        #expect(problem { $0.dnsTTL = "-3s" } == "DNS TTL '-3s', must be >=0")
        #expect(
            problem { $0.service.nodeMeta = ["a b": ""] }?.hasPrefix("Invalid NodeMeta") == true
        )
        #expect(
            problem { $0.service.serviceMeta = ["a": String(repeating: "x", count: 600)] }?
                .hasPrefix("Invalid ServiceMeta") == true
        )
        #expect(problem { $0.service.tags = Array(repeating: "x", count: 129) } != nil)
        #expect(problem { $0.name = String(repeating: "x", count: 5_000) } != nil)
    }
}
