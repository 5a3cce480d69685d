import ServiceCatalog
import Testing

@testable import RegistryAPI

@Suite("What Consul's checks mean to the prober")
struct CheckDefinitionTests {
    private func definition(_ fields: String) async throws -> CheckDefinition? {
        let api = try await ConsulHarness()
        let reply = try await api.put(
            "/v1/agent/check/register",
            #"{"ID":"c","Name":"c",\#(fields)}"#
        )
        try #require(reply.status == 200, "\(reply.body)")
        return api.keeper.read { $0.check(CheckKey(node: "self", id: "c")) }?.definition
    }

    @Test("HTTP with everything")
    func http() async throws {
        let definition = try await definition(
            #"""
            "HTTP":"https://10.0.0.1:8443/up?x=1","Method":"POST","Body":"b","DisableRedirects":true,
            "Header":{"X-A":["1","2"]},"TLSServerName":"n","TLSSkipVerify":true,"Interval":"5s",
            "Timeout":"3s","SuccessBeforePassing":2,"FailuresBeforeWarning":3,
            "FailuresBeforeCritical":4,"DeregisterCriticalServiceAfter":"90m","OutputMaxSize":100
            """#
        )
        #expect(
            definition
                == CheckDefinition(
                    probe: .http(
                        HTTPProbe(
                            url: "https://10.0.0.1:8443/up?x=1",
                            method: "POST",
                            headers: ["X-A": ["1", "2"]],
                            body: "b",
                            followsRedirects: false,
                            tls: TLSExpectation(serverName: "n", verifies: false)
                        )
                    ),
                    intervalMilliseconds: 5_000,
                    timeoutMilliseconds: 3_000,
                    successesBeforePassing: 2,
                    failuresBeforeWarning: 3,
                    failuresBeforeCritical: 4,
                    deregisterCriticalAfterMilliseconds: 5_400_000,
                    outputBytesMax: 100
                )
        )
    }

    @Test("Defaults and least values are Consul's")
    func defaults() async throws {
        let definition = try await definition(
            #""TCP":"127.0.0.1:80","Interval":"1ms","DeregisterCriticalServiceAfter":"1s""#
        )
        #expect(
            definition
                == CheckDefinition(
                    probe: .tcp(host: "127.0.0.1", port: 80, tls: nil),
                    intervalMilliseconds: 1_000,
                    timeoutMilliseconds: 10_000,
                    deregisterCriticalAfterMilliseconds: 60_000
                )
        )
    }

    @Test("Warning comes as late as critical where only that is given")
    func thresholds() async throws {
        let definition = try await definition(
            #""TCP":"127.0.0.1:80","Interval":"1s","FailuresBeforeCritical":3"#
        )
        #expect(definition?.failuresBeforeWarning == 3)
    }

    @Test("Each kind becomes its probe")
    func kinds() async throws {
        let cases: [(String, CheckDefinition.Probe)] = [
            (#""TTL":"1m30s""#, .ttl(milliseconds: 90_000)),
            (#""TTL":1500000000"#, .ttl(milliseconds: 1_500)),
            (
                #""TCP":"[::1]:443","TCPUseTLS":true,"Interval":"1s""#,
                .tcp(host: "::1", port: 443, tls: TLSExpectation())
            ),
            (#""UDP":"localhost:53","Interval":"1s""#, .udp(host: "localhost", port: 53)),
            (
                #""GRPC":"10.0.0.1:50051/pkg.Svc","GRPCUseTLS":true,"Interval":"1s""#,
                .grpc(
                    host: "10.0.0.1",
                    port: 50051,
                    service: "pkg.Svc",
                    tls: TLSExpectation()
                )
            ),
            (
                #""GRPC":"10.0.0.1:50051","Interval":"1s""#,
                .grpc(host: "10.0.0.1", port: 50051, service: "", tls: nil)
            ),
            (
                #""H2PING":"10.0.0.1:443","Interval":"1s""#,
                .http2Ping(host: "10.0.0.1", port: 443, tls: TLSExpectation())
            ),
            (
                #""h2ping":"10.0.0.1:80","h2ping_use_tls":false,"Interval":"1s""#,
                .http2Ping(host: "10.0.0.1", port: 80, tls: nil)
            ),
            (#""AliasService":"web-1""#, .alias(node: "", serviceID: "web-1")),
            (#""AliasNode":"n""#, .alias(node: "n", serviceID: "")),
        ]
        for (fields, probe) in cases {
            #expect(try await definition(fields)?.probe == probe)
        }
    }

    @Test(
        "What cannot be run is refused with the reason",
        arguments: [
            (#""Name":"c""#, "TTL must be > 0 for TTL checks"),
            (#""Args":["/bin/true"],"Interval":"1s""#, "script checks are not supported"),
            (#""DockerContainerID":"x","Interval":"1s""#, "Docker checks are not supported"),
            (#""OSService":"x","Interval":"1s""#, "OSService checks are not supported"),
            (#""HTTP":"http://127.0.0.1/""#, "Interval must be > 0"),
            (#""H2PING":"127.0.0.1:1""#, "Interval must be > 0"),
            (#""H2PING":"127.0.0.1","Interval":"1s""#, "H2PING must be host:port"),
            (#""TTL":"1s","Interval":"1s""#, "Interval and TTL cannot both be specified"),
            (#""AliasNode":"n","Interval":"1s""#, "Interval cannot be set for Alias checks"),
            (#""AliasNode":"n","TTL":"1s""#, "TTL cannot be set for Alias checks"),
            (#""HTTP":"ftp://127.0.0.1/","Interval":"1s""#, "HTTP must be an absolute"),
            (
                #""HTTP":"http://127.0.0.1/","Method":"A B","Interval":"1s""#,
                "Method and names in Header"
            ),
            (
                #""HTTP":"http://127.0.0.1/","Header":{"A":["x\ny"]},"Interval":"1s""#,
                "values in Header"
            ),
            (#""TCP":"127.0.0.1","Interval":"1s""#, "TCP must be host:port"),
            (#""UDP":"127.0.0.1:99999","Interval":"1s""#, "UDP must have a port from 1 to 65535"),
            (
                #""TCP":"127.0.0.1:80","Interval":"1s","FailuresBeforeWarning":2"#,
                "FailuresBeforeWarning can't be higher"
            ),
            (
                #""TCP":"127.0.0.1:80","Interval":"1s","SuccessBeforePassing":-1"#,
                "SuccessBeforePassing must not be negative"
            ),
            (
                #""HTTP":"http://169.254.169.254/latest","Interval":"1s""#,
                "HTTP must not go to 169.254.169.254"
            ),
            (#""TCP":"8.8.8.8:53","Interval":"1s""#, "TCP must not go to 8.8.8.8"),
            (#""GRPC":"[2001:db8::1]:1","Interval":"1s""#, "GRPC must not go to 2001:db8::1"),
        ]
    )
    func refused(_ fields: String, _ reason: String) async throws {
        let api = try await ConsulHarness()
        let reply = try await api.put("/v1/agent/check/register", #"{"Name":"c",\#(fields)}"#)
        #expect(reply.status == 400)
        #expect(reply.body.hasPrefix("Invalid check: \(reason)"), "\(reply.body)")
    }

    @Test("A check needs a name")
    func noName() async throws {
        let api = try await ConsulHarness()
        let reply = try await api.put("/v1/agent/check/register", #"{"ID":"c","TTL":"1s"}"#)
        #expect(reply.status == 400)
        #expect(reply.body == "Missing check name")
    }
}
