import ArgumentParser
import Foundation
import RollcallClient
import Testing

@testable import rollcall

@Suite("Subcommands that call the registry")
struct RegistryCommandTests {
    private func instance(
        _ id: String,
        port: Int = 80,
        health: String = "UP"
    ) throws
        -> ServiceInstance
    {
        let json = """
            {"id":"\(id)","service":"web","node":"n1","host":"fd00::1","port":\(port),
             "health":"\(health)","tags":["a","b"],
             "checks":[{"id":"c","name":"http","status":"\(health == "UP" ? "passing" : "critical")",
                        "output":"line one\\nline two"}]}
            """
        return try JSONDecoder().decode(ServiceInstance.self, from: Data(json.utf8))
    }

    @Test("register takes its options to the registration")
    func registration() throws {
        let command = try RegisterCommand.parse([
            "web", "--host", "10.0.0.1", "--port", "80", "--tag", "a", "--meta", "k=v=w", "--ttl",
            "1m", "--weight", "5", "--check-http", "/health", "--check-tcp", ":80", "--interval",
            "2s",
        ])
        let registration = try command.registration()
        #expect(registration.metadata == ["k": "v=w"])
        #expect(registration.ttl == .seconds(60))
        #expect(registration.weights == .init(passing: 5, warning: 1))
        #expect(registration.checks.map(\.probe) == [.http(url: "/health"), .tcp(":80")])
        #expect(registration.checks.allSatisfy { $0.interval == .seconds(2) })
    }

    @Test(
        "options that cannot be read are wrong usage, by name",
        arguments: [
            (["--ttl", "soon"], "--ttl: expected a duration such as 30s, found \"soon\""),
            (["--interval", "5"], "--interval: expected a duration such as 30s, found \"5\""),
            (["--meta", "novalue"], "--meta: expected KEY=VALUE, found \"novalue\""),
        ]
    )
    func wrongOptions(options: [String], line: String) throws {
        let command = try RegisterCommand.parse(["web", "--host", "h", "--port", "1"] + options)
        let failure = try #require(throws: CommandFailure.self) { try command.registration() }
        #expect(failure == .wrongUsage(line))
    }

    @Test("the registry's address comes from the flag, else the environment, else the default")
    func address() throws {
        func server(_ flag: String?, _ variable: String?) throws -> String {
            let options = try RegistryOptions.parse(flag.map { ["--http-address", $0] } ?? [])
            let environment = variable.map { ["ROLLCALL_HTTP_ADDR": $0] } ?? [:]
            return try options.server(environment: environment).address
        }
        #expect(try server("10.0.0.1:1", "10.0.0.2:1") == "http://10.0.0.1:1")
        #expect(try server(nil, "https://10.0.0.2:1/") == "https://10.0.0.2:1")
        #expect(try server(nil, nil) == "http://127.0.0.1:8500")
        #expect(throws: CommandFailure.self) { try server("", nil) }
    }

    @Test("instances are rows; a failing check says why, in one line")
    func instances() throws {
        let text = InstancesCommand.text([
            try instance("web-1"), try instance("web-22", port: 0, health: "DOWN"),
        ])
        #expect(
            text.split(separator: "\n").map {
                $0.split(separator: " ", omittingEmptySubsequences: true)
            }
                == [
                    ["ID", "NODE", "ADDRESS", "HEALTH", "TAGS", "CHECKS"],
                    ["web-1", "n1", "[fd00::1]:80", "UP", "a,b"],
                    [
                        "web-22", "n1", "fd00::1", "DOWN", "a,b", "http:", "line", "one", "line",
                        "two",
                    ],
                ]
        )
    }

    @Test("watch prints a line for each instance that came, went or changed")
    func changes() throws {
        let before = [try instance("a"), try instance("b"), try instance("c")]
        let after = [
            try instance("b", health: "DOWN"), try instance("c"), try instance("d", port: 81),
        ]
        #expect(
            WatchCommand.changes(from: before, to: after, at: 9) == [
                "9 - a", "9 ~ b [fd00::1]:80 UP -> DOWN", "9 + d [fd00::1]:81 UP",
            ]
        )
    }

    @Test("tables are as wide as they need to be, without spaces at the end")
    func table() {
        #expect(
            TextOutput.table([["A", "B"], ["longer", "x"], ["y", ""]]) == "A       B\nlonger  x\ny"
        )
    }
}
