import DNSWire
import Foundation
import TestSupport
import Testing

extension ProgramTests {
    @Suite("Subcommands")
    struct SubcommandTests {
        private func run(
            _ server: RollcallProcess,
            _ arguments: [String]
        ) async throws -> CommandLineClient.Result {
            try await RollcallProcess.command(
                arguments,
                settings: [
                    "ROLLCALL_HTTP_ADDR": server.url,
                    "ROLLCALL_DNS_ADDR": "127.0.0.1:\(server.dnsPort)",
                ]
            )
        }

        @Test("register, services, instances, query, deregister, for people")
        func forPeople() async throws {
            let server = try await RollcallProcess.start(["--ephemeral"])
            let registered = try await run(
                server,
                [
                    "register", "web", "--host", "10.0.1.1", "--port", "80", "--id", "w1", "--tag",
                    "v1", "--meta", "a=b",
                ]
            )
            #expect(registered.succeeded, "\(registered)")
            #expect(registered.output.contains("w1"))
            let services = try await run(server, ["services"])
            #expect(services.succeeded && services.output.contains("web"), "\(services)")
            let instances = try await run(server, ["instances", "web"])
            #expect(instances.succeeded && instances.output.contains("10.0.1.1:80"), "\(instances)")
            let query = try await run(server, ["query", "web.service.consul"])
            #expect(query.succeeded && query.output.contains("10.0.1.1"), "\(query)")
            let overTCP = try await run(server, ["query", "web.service.consul", "SRV", "--tcp"])
            #expect(overTCP.succeeded && overTCP.output.contains("0a000101.addr"), "\(overTCP)")
            let gone = try await run(server, ["deregister", "w1"])
            #expect(gone.succeeded, "\(gone)")
            #expect(try server.dns.ask("web.service.consul", .a).responseCode == .nameError)
        }

        @Test("query --explain says of each instance why it is in the answer or not")
        func explain() async throws {
            let server = try await RollcallProcess.start(["--ephemeral"])
            try server.register(#"{"service": "web", "id": "w1", "host": "10.0.1.1", "port": 80}"#)
            let body = """
                {"Name": "web", "ID": "w2", "Address": "10.0.1.2", "Port": 80,
                 "Check": {"TTL": "1h"}}
                """
            #expect(try server.http("PUT", "/v1/agent/service/register", body).status == 200)
            let note = "/v1/agent/check/fail/service:w2?note=disk+full"
            #expect(try server.http("PUT", note).status == 200)
            let query = try await run(server, ["query", "--explain", "web.service.consul"])
            #expect(query.succeeded, "\(query)")
            #expect(query.output.contains("1 of 2 instances is in the answer for A"), "\(query)")
            let rows = query.lines.filter { $0.hasPrefix(";; yes ") || $0.hasPrefix(";; no ") }
            #expect(rows.count == 2, "\(query)")
            #expect(rows.contains { $0.contains(" w2 ") && $0.contains("disk full") }, "\(query)")
            let json = try await run(
                server,
                ["query", "--explain", "web.service.consul", "--json"]
            )
            let explanation = try JSON(json.output)["explanation"]
            #expect(explanation["instances"][1]["answered"] == .bool(false), "\(json)")
            let curl = try await server.curl(path: "/explain?name=gone.service.consul")
            #expect(curl.contains(#""kind":"nothing""#), "\(curl)")
        }

        @Test("query --explain without a registry still shows the answer")
        func explainWithoutRegistry() async throws {
            let server = try await RollcallProcess.start(["--ephemeral"])
            try server.register(#"{"service": "web", "host": "10.0.1.1", "port": 80}"#)
            let port = try FreePort.next()
            let query = try await run(
                server,
                [
                    "query", "--explain", "web.service.consul", "--http-address",
                    "http://127.0.0.1:\(port)",
                ]
            )
            #expect(!query.succeeded && query.output.contains("10.0.1.1"), "\(query)")
            #expect(query.errors.contains("127.0.0.1:\(port)"), "\(query)")
        }

        @Test("the same with --json, for programs")
        func forPrograms() async throws {
            let server = try await RollcallProcess.start(["--ephemeral"])
            let registered = try await run(
                server,
                ["register", "web", "--host", "10.0.1.1", "--port", "80", "--id", "w1", "--json"]
            )
            #expect(try JSON(registered.output)["instance_id"].text == "w1", "\(registered)")
            let services = try await run(server, ["services", "--json"])
            #expect(services.succeeded, "\(services)")
            #expect(try JSON(services.output) != .null && services.output.contains("\"web\""))
            let instances = try await run(server, ["instances", "web", "--json"])
            #expect(try JSON(instances.output)[0]["port"].number == 80, "\(instances)")
            let query = try await run(server, ["query", "web.service.consul", "--json"])
            let json = try JSON(query.output)
            #expect(json["status"].text == "NOERROR", "\(query)")
            #expect(json["answer"][0]["data"].text == "10.0.1.1", "\(query)")
            let gone = try await run(server, ["deregister", "w1", "--json"])
            #expect(try JSON(gone.output)["instance_id"].text == "w1", "\(gone)")
        }

        @Test("nothing found and refused is status 1, wrong usage is status 2, each with one line")
        func failures() async throws {
            let server = try await RollcallProcess.start(["--ephemeral"])
            let closed = try NetworkSocket.freePort()
            let cases: [([String], Int32)] = [
                (["instances", "nothing"], 1),
                (["deregister", "nothing"], 1),
                (["register", "my web", "--host", "10.0.1.1", "--port", "80"], 1),
                (["register", "web", "--host", "10.0.1.1", "--port", "70000"], 1),
                (["services", "--http-address", "127.0.0.1:\(closed)"], 1),
                (["services", "--http-address", "ftp://x"], 2),
                (["register", "web"], 2),
                (["query", "a..b"], 2),
                (["query", "web", "NOTYPE"], 2),
                (["nothing"], 2),
                (["check-zone", "/no/such.zone"], 2),
                (["check-config", "--config", "/no/such.yaml"], 2),
            ]
            for (arguments, status) in cases {
                let result = try await run(server, arguments)
                #expect(result.end == .exit(status), "\(result)")
                #expect(result.errors.split(separator: "\n").count == 1, "\(result)")
            }
            let query = try await run(server, ["query", "nothing.service.consul"])
            #expect(query.end == .exit(1), "\(query)")
            #expect(query.output.contains("NXDOMAIN"), "\(query)")
        }

        @Test("watch prints each change")
        func watch() async throws {
            let server = try await RollcallProcess.start(["--ephemeral"])
            try server.register(#"{"service": "web", "id": "w1", "host": "10.0.1.1", "port": 80}"#)
            let watcher = try ChildProcess(
                [RollcallProcess.binary, "watch", "web", "--json"],
                environment: RollcallProcess.environment.merging(["ROLLCALL_HTTP_ADDR": server.url])
                { $1 }
            )
            try await eventually("the state is printed") { watcher.output.contains("10.0.1.1") }
            try server.register(#"{"service": "web", "id": "w2", "host": "10.0.1.2", "port": 80}"#)
            try await eventually("the change is printed") { watcher.output.contains("10.0.1.2") }
            for line in watcher.output.split(separator: "\n") {
                #expect((try? JSON(String(line))) != nil, "\(line)")
            }
        }

        @Test("register --keep sends heartbeats and deregisters when it ends")
        func keep() async throws {
            let server = try await RollcallProcess.start(
                ["--ephemeral"],
                settings: ["ROLLCALL_LEASES_TTL_MIN": "1s"]
            )
            let keeper = try ChildProcess(
                [
                    RollcallProcess.binary, "register", "web", "--host", "10.0.1.1", "--port", "80",
                    "--ttl", "1s", "--keep",
                ],
                environment: RollcallProcess.environment.merging(["ROLLCALL_HTTP_ADDR": server.url])
                { $1 }
            )
            try await eventually("it is registered") {
                try server.dns.addresses("web.service.consul") == ["10.0.1.1"]
            }
            let end = ContinuousClock.now + .seconds(3)
            while ContinuousClock.now < end {
                #expect(try server.dns.addresses("web.service.consul") == ["10.0.1.1"])
                try await Task.sleep(for: .milliseconds(100))
            }
            keeper.signal(SIGTERM)
            #expect(try await keeper.untilEnd() == .exit(0), "\(keeper.errors)")
            #expect(try server.dns.ask("web.service.consul", .a).responseCode == .nameError)
        }

        @Test("check-zone and check-config say what is wrong and where")
        func checks() async throws {
            let scratch = try ScratchFolder()
            let zone = try scratch.write(ZoneText.withErrorInLine7, to: "bad.example.zone")
            let zoneResult = try await RollcallProcess.command(["check-zone", zone])
            #expect(zoneResult.end == .exit(2))
            #expect(zoneResult.errors.contains("bad.example.zone:7"), "\(zoneResult)")
            let file = try scratch.write("workers: many\n", to: "r.yaml")
            let result = try await RollcallProcess.command(["check-config", "--config", file])
            #expect(result.end == .exit(2))
            #expect(result.errors.contains("r.yaml:1: workers"), "\(result)")
        }
    }
}
