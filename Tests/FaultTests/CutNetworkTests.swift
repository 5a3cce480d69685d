import DNSWire
import Foundation
import TestSupport
import Testing

extension Faults {
    @Suite("The prober's network is cut")
    struct CutNetworkTests {
        private static let count = 16

        /// Runs a command in the network of Rollcall and returns what it printed.
        @discardableResult
        private func run(_ server: RollcallProcess, _ command: String...) async throws -> String {
            let result = try await CommandLineClient.run(
                ["nsenter", "-t", "\(server.process.pid)", "--net"] + command
            )
            guard result.succeeded else { throw UnexpectedAnswer(description: "\(result)") }
            return result.output
        }

        private func answeredCount(_ server: RollcallProcess) async throws -> Int {
            let text = try await run(
                server,
                "dig",
                "+short",
                "+tcp",
                "@127.0.0.1",
                "-p",
                "\(server.dnsPort)",
                "web.service.consul",
                "SRV"
            )
            return text.split(separator: "\n").count
        }

        private func isHolding(_ server: RollcallProcess) async throws -> Bool {
            try await run(server, "curl", "-sS", server.url + "/metrics")
                .contains("\nrollcall_verdicts_holding 1\n")
        }

        @Test(
            "nothing leaves for it, and what died meanwhile leaves when it is back",
            arguments: ["the route goes", "the other end goes"]
        )
        func cut(how: String) async throws {
            guard geteuid() == 0 else {
                throw UnexpectedAnswer(description: "this test needs root: it makes networks")
            }
            let targets = try await ProbeTargets.start(
                Self.count,
                host: "0.0.0.0",
                prefix: ["unshare", "--net"]
            )
            let server = try await RollcallProcess.start(
                ["--ephemeral"],
                prefix: ["unshare", "--net", "sh", "-c", #"ip link set lo up && exec "$@""#, "sh"]
            )
            let other = ["nsenter", "-t", "\(targets.process.pid)", "--net"]
            let peer = "\(targets.process.pid)"
            try await run(
                server,
                "ip",
                "link",
                "add",
                "near",
                "type",
                "veth",
                "peer",
                "name",
                "far",
                "netns",
                peer
            )
            try await run(server, "ip", "address", "add", "10.99.1.1/24", "dev", "near")
            try await run(server, "ip", "link", "set", "near", "up")
            for command in [
                ["address", "add", "10.99.1.2/24", "dev", "far"], ["link", "set", "far", "up"],
            ] {
                let result = try await CommandLineClient.run(other + ["ip"] + command)
                #expect(result.succeeded, "\(result)")
            }
            for number in 0..<Self.count {
                try await run(
                    server,
                    "curl",
                    "-sS",
                    "--fail-with-body",
                    "-d",
                    targets.registration(number, host: "10.99.1.2"),
                    server.url + "/register"
                )
            }
            try await eventually("all are up") { try await answeredCount(server) == Self.count }

            let cutsOwnEnd = how == "the route goes"
            let ends =
                cutsOwnEnd
                ? ["nsenter", "-t", "\(server.process.pid)", "--net", "ip", "link", "set", "near"]
                : other + ["ip", "link", "set", "far"]
            #expect(try await CommandLineClient.run(ends + ["down"]).succeeded)
            try await eventually("it is held") { try await isHolding(server) }
            let held = try await answeredCount(server)
            #expect(held >= Self.count / 2)
            try await targets.set(0..<2, .refusing)
            let end = ContinuousClock.now + .seconds(3)
            while ContinuousClock.now < end {
                #expect(try await answeredCount(server) == held)
                try await Task.sleep(for: .milliseconds(200))
            }
            #expect(server.process.errors.contains("the last known health is held"))

            #expect(try await CommandLineClient.run(ends + ["up"]).succeeded)
            try await eventually("the dead ones are gone, all others there", within: .seconds(30)) {
                try await answeredCount(server) == Self.count - 2
            }
            try await eventually("it is believed again", within: .seconds(30)) {
                try await !isHolding(server)
            }
        }
    }
}
