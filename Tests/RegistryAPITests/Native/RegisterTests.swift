import ServiceCatalog
import Testing

@testable import RegistryAPI

@Suite("Native API: registration", .timeLimit(.minutes(1)))
struct RegisterTests {
    static let payment = #"{"service":"payment","host":"10.0.1.1","port":8080}"#

    @Test("what curl -d sends registers an instance that is up at once")
    func registers() async throws {
        try await TestServer.with { server in
            let response = try await server.request(
                "POST",
                "/register",
                Self.payment,
                headers: ["Content-Type": "application/x-www-form-urlencoded"]
            )
            #expect(response.status == 200)
            #expect(response.headers["content-type"] == "application/json")
            #expect(
                response.body
                    == #"{"instance_id":"payment-10.0.1.1-8080","lease_id":null,"ttl":null}"# + "\n"
            )
            let list = try await server.request("GET", "/services/payment")
            #expect(list.headers["x-rollcall-index"] == "3")
            let instance = try #require(try list.array().first)
            #expect(instance["id"] as? String == "payment-10.0.1.1-8080")
            #expect(instance["service"] as? String == "payment")
            #expect(instance["node"] as? String == TestServer.nodeName)
            #expect(instance["host"] as? String == "10.0.1.1")
            #expect(instance["port"] as? Int == 8080)
            #expect(instance["health"] as? String == "UP")
            #expect(instance["draining"] as? Bool == false)
        }
    }

    @Test("the same registration again changes nothing")
    func isIdempotent() async throws {
        try await TestServer.with { server in
            _ = try await server.request("POST", "/register", Self.payment)
            let index = server.keeper.read { $0.index }
            let again = try await server.request("POST", "/register", Self.payment)
            #expect(again.status == 200)
            #expect(server.keeper.read { $0.index } == index)
            #expect(server.keeper.read { $0.instanceCount } == 1)
        }
    }

    @Test("registering again keeps the lease's id and renews it")
    func keepsLease() async throws {
        let body = #"{"service":"web","host":"10.0.0.1","port":80,"id":"w","ttl":"30s"}"#
        try await TestServer.with { server in
            let first = try await server.request("POST", "/register", body).object()
            #expect(first["ttl"] as? String == "30s")
            let lease = try #require(first["lease_id"] as? String)
            #expect(lease.count == 32)
            let second = try await server.request(
                "POST",
                "/register",
                body.replacing("\"30s\"", with: "90")
            ).object()
            #expect(second["lease_id"] as? String == lease)
            #expect(second["ttl"] as? String == "1m30s")
            #expect(server.leases.renewedLeases.count == 2)
            let third = try await server.request(
                "POST",
                "/register",
                body.replacing(#","ttl":"30s""#, with: "")
            )
            #expect(third.body.contains(#""lease_id":null"#))
        }
    }

    @Test("all fields reach the catalog")
    func writesAllFields() async throws {
        let body = """
            {"service": "api", "host": "api.example.org", "port": 443, "id": "api/1",
             "tags": ["v2", "blue.green"], "metadata": {"zone": "a"},
             "weights": {"passing": 10, "warning": 2}, "ttl": 60,
             "checks": [{"http": "http://10.0.0.1:8080/health", "interval": "5s",
                         "method": "head", "headers": {"X-A": "1", "X-B": ["2", "3"]},
                         "timeout": "1s", "deregister_critical_after": "5m"},
                        {"tcp": ":443", "name": "port", "tls_skip_verify": true},
                        {"tcp": "10.0.0.2:1"}]}
            """.replacing("api.example.org", with: "10.0.0.3")
        try await TestServer.with { server in
            #expect(try await server.request("POST", "/register", body).status == 200)
            let key = InstanceKey(node: TestServer.nodeName, id: "api/1")
            let instance = try #require(server.keeper.read { $0.instance(key) })
            #expect(instance.tags == ["v2", "blue.green"])
            #expect(instance.meta == ["zone": "a"])
            #expect(instance.weights == ServiceWeights(passing: 10, warning: 2))
            #expect(instance.lease?.ttlMilliseconds == 60_000)
            let checks = server.keeper.read { $0.checks(ofInstance: key) }
            #expect(checks.map(\.id) == ["api/1:http", "api/1:tcp", "api/1:tcp-2"])
            #expect(checks.allSatisfy { $0.status == .critical })
            let http = try #require(checks[0].definition)
            #expect(
                http.probe
                    == .http(
                        HTTPProbe(
                            url: "http://10.0.0.1:8080/health",
                            method: "HEAD",
                            headers: ["X-A": ["1"], "X-B": ["2", "3"]]
                        )
                    )
            )
            #expect(http.intervalMilliseconds == 5_000)
            #expect(http.timeoutMilliseconds == 1_000)
            #expect(http.failuresBeforeCritical == 3)
            #expect(http.failuresBeforeWarning == 3)
            #expect(http.deregisterCriticalAfterMilliseconds == 300_000)
            #expect(
                checks[1].definition?.probe
                    == .tcp(host: "10.0.0.3", port: 443, tls: TLSExpectation(verifies: false))
            )
            #expect(checks[1].name == "port")
        }
    }

    @Test("an instance with checks is down until the first result")
    func startsCritical() async throws {
        let body = """
            {"service":"web","host":"10.0.0.1","port":80,"id":"w","checks":[{"http":"/health"}]}
            """
        try await TestServer.with { server in
            _ = try await server.request("POST", "/register", body)
            let before = try await server.request("GET", "/services/web").array()
            #expect(before[0]["health"] as? String == "DOWN")
            let check = CheckKey(node: TestServer.nodeName, id: "w:http")
            try await server.log.append(.checkStatus(check, .passing, output: "200"))
            let after = try await server.request("GET", "/services/web?passing").array()
            #expect(after[0]["health"] as? String == "UP")
            // Registering again, as at a restart, must not take it out of answers.
            _ = try await server.request("POST", "/register", body)
            #expect(server.keeper.read { $0.check(check)?.status } == .passing)
        }
    }

    @Test("checks that a new registration does not have are removed")
    func replacesChecks() async throws {
        let body = """
            {"service":"web","host":"10.0.0.1","port":80,"id":"w","checks":[{"http":"/health"}]}
            """
        try await TestServer.with { server in
            _ = try await server.request("POST", "/register", body)
            _ = try await server.request(
                "POST",
                "/register",
                body.replacing("http\":\"/health", with: "tcp\":\":80")
            )
            #expect(server.keeper.read { $0.checks.map(\.id) } == ["w:tcp"])
        }
    }

    @Test(
        "every kind of check is understood",
        arguments: [
            (#""udp":"10.0.0.1:53""#, CheckDefinition.Probe.udp(host: "10.0.0.1", port: 53)),
            (
                #""grpc":"[::1]:50051/my.Service","tls":true"#,
                .grpc(host: "::1", port: 50051, service: "my.Service", tls: TLSExpectation())
            ),
            (
                #""dns":"10.0.0.1","query":"example.org","query_type":"aaaa""#,
                .dns(host: "10.0.0.1", port: 53, name: "example.org", type: "AAAA")
            ),
            (#""ttl":"15s""#, .ttl(milliseconds: 15_000)),
            (#""alias":"db-1""#, .alias(node: "", serviceID: "db-1")),
            (
                #""http":"/up?x=1""#,
                .http(HTTPProbe(url: "http://10.0.0.1:80/up?x=1"))
            ),
        ]
    )
    func readsProbe(text: String, probe: CheckDefinition.Probe) async throws {
        let body = #"{"service":"s","host":"10.0.0.1","port":80,"checks":[{\#(text)}]}"#
        try await TestServer.with { server in
            let response = try await server.request("POST", "/register", body)
            #expect(response.status == 200, "\(response.body)")
            #expect(server.keeper.read { $0.checks.first?.definition?.probe } == probe)
        }
    }

    @Test("a log that cannot store answers 503 with the reason")
    func reportsUnavailableLog() async throws {
        try await TestServer.with { server in
            server.log.fail(with: .unavailable(reason: "disk full"))
            let response = try await server.request("POST", "/register", Self.payment)
            #expect(response.status == 503)
            #expect(response.error == "the change could not be stored: disk full")
            #expect(response.headers["retry-after"] == "1")
        }
    }

    @Test("a full catalog refuses with the limit")
    func reportsLimit() async throws {
        var limits = CatalogLimits()
        limits.instancesMax = 0
        try await TestServer.with(limits: limits) { server in
            let response = try await server.request("POST", "/register", Self.payment)
            #expect(response.status == 503)
            #expect(response.error == "at most 0 instances are allowed")
        }
    }
}
