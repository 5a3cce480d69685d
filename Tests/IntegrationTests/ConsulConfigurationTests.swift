import DNSWire
import Foundation
import TestSupport
import Testing

extension ProgramTests {
    @Suite("Consul's configuration files")
    struct ConsulConfigurationTests {
        private func text(services: [String]) -> String {
            let stanzas = services.map { #"{"name": "\#($0)", "address": "10.0.9.1", "port": 80}"# }
            return """
                {"datacenter": "ber1", "server": true, "services": [\(stanzas.joined(separator: ","))],
                 "checks": [{"id": "disk", "name": "disk", "ttl": "1h", "status": "passing"}]}
                """
        }

        @Test("its services are registered before the ready line, and go when the file drops them")
        func services() async throws {
            let scratch = try ScratchFolder()
            try scratch.write(text(services: ["web", "db"]), to: "agent.json")
            let flags = ["--consul-config", scratch.path("agent.json")]
            var server = try await RollcallProcess.start(flags, scratch: scratch)
            #expect(try server.dns.addresses("web.service.consul") == ["10.0.9.1"])
            #expect(try server.dns.addresses("db.service.ber1.consul") == ["10.0.9.1"])
            #expect(try server.http("GET", "/v1/agent/checks").body.contains("disk"))
            #expect(server.process.errors.contains("options=server"))

            try scratch.write(text(services: ["db", "cache"]), to: "agent.json")
            server.process.signal(SIGHUP)
            try await eventually("the file is read again") {
                try server.dns.addresses("cache.service.consul") == ["10.0.9.1"]
                    && server.dns.ask("web.service.consul", .a).responseCode == .nameError
            }
            #expect(try await server.stop() == .exit(0), "\(server.process.errors)")

            try scratch.write(text(services: ["cache"]), to: "agent.json")
            server = try await RollcallProcess.start(flags, scratch: scratch)
            #expect(try server.dns.addresses("cache.service.consul") == ["10.0.9.1"])
            #expect(try server.dns.ask("db.service.consul", .a).responseCode == .nameError)
        }

        @Test("a wrong stanza is one line with file and line, and exit status 2")
        func wrong() async throws {
            let scratch = try ScratchFolder()
            try scratch.write("{\n\"service\": {\"port\": 80}\n}", to: "agent.json")
            let flags = ["--consul-config", scratch.path("agent.json")]
            let process = try RollcallProcess.launch(flags, scratch: scratch)
            #expect(try await process.untilEnd() == .exit(2))
            #expect(
                process.errors.contains("agent.json:2: service: Missing service name"),
                "\(process.errors)"
            )
        }
    }
}
