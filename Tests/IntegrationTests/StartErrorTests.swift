import DNSWire
import Foundation
import TestSupport
import Testing

extension ProgramTests {
    @Suite("What keeps the program from starting")
    struct StartErrorTests {
        private static let anyPorts = [
            "--dns-listen", "127.0.0.1:0", "--http-listen", "127.0.0.1:0",
        ]

        /// Starts the program, which must end with status 2 and one line that has the words.
        private func expectOneLine(
            _ flags: [String],
            scratch: ScratchFolder? = nil,
            settings: [String: String] = [:],
            has words: [String],
            sourceLocation: SourceLocation = #_sourceLocation
        ) async throws {
            let scratch = try scratch ?? ScratchFolder()
            let process = try RollcallProcess.launch(flags, settings: settings, scratch: scratch)
            let end = try await process.untilEnd()
            withExtendedLifetime(scratch) {}
            #expect(end == .exit(2), "\(process.errors)", sourceLocation: sourceLocation)
            #expect(process.output.isEmpty, "\(process.output)", sourceLocation: sourceLocation)
            let lines = process.errors.split(separator: "\n")
            #expect(lines.count == 1, "\(process.errors)", sourceLocation: sourceLocation)
            for word in words {
                #expect(
                    process.errors.contains(word),
                    "no \"\(word)\" in: \(process.errors)",
                    sourceLocation: sourceLocation
                )
            }
        }

        @Test("an unknown flag")
        func unknownFlag() async throws {
            try await expectOneLine(Self.anyPorts + ["--dns-lisen", "x"], has: ["--dns-lisen"])
        }

        @Test("a flag with a value that cannot be used")
        func badFlag() async throws {
            try await expectOneLine(
                ["--dns-listen", "localhost:99999"],
                has: ["--dns-listen", "127.0.0.1:8600"]
            )
        }

        @Test("a setting of the environment that cannot be used")
        func badVariable() async throws {
            try await expectOneLine(
                Self.anyPorts,
                settings: ["ROLLCALL_DNS_TTL_SERVICES": "0s"],
                has: ["ROLLCALL_DNS_TTL_SERVICES"]
            )
        }

        @Test("a configuration that is no YAML, with the line")
        func badYAML() async throws {
            let scratch = try ScratchFolder()
            let file = try scratch.write("log_level: info\ndns:\n  ttl: [1, 2\n", to: "r.yaml")
            try await expectOneLine(
                Self.anyPorts + ["--config", file],
                scratch: scratch,
                has: ["r.yaml:"]
            )
        }

        @Test("an unknown key and a wrong value, with line and key")
        func badKey() async throws {
            let scratch = try ScratchFolder()
            let unknown = try scratch.write(
                "log_level: info\n\ndns:\n  negative_tl: 1s\n",
                to: "u.yaml"
            )
            try await expectOneLine(
                Self.anyPorts + ["--config", unknown],
                scratch: scratch,
                has: ["u.yaml:4", "dns.negative_tl"]
            )
            let wrong = try scratch.write("dns:\n  negative_ttl: often\n", to: "w.yaml")
            try await expectOneLine(
                Self.anyPorts + ["--config", wrong],
                scratch: scratch,
                has: ["w.yaml:2", "dns.negative_ttl", "often"]
            )
        }

        @Test("a configuration that is not there")
        func noFile() async throws {
            try await expectOneLine(
                Self.anyPorts + ["--config", "/no/such.yaml"],
                has: ["/no/such.yaml"]
            )
        }

        @Test("a port that is taken: DNS over UDP, DNS over TCP, HTTP")
        func takenPorts() async throws {
            for kind in [NetworkSocket.Kind.udp, .tcp] {
                let taken = try TakenPort(kind)
                let address = "127.0.0.1:\(taken.port)"
                try await expectOneLine(
                    ["--dns-listen", address, "--http-listen", "127.0.0.1:0"],
                    has: [address]
                )
            }
            let taken = try TakenPort(.tcp)
            let address = "127.0.0.1:\(taken.port)"
            try await expectOneLine(
                ["--dns-listen", "127.0.0.1:0", "--http-listen", address],
                has: [address]
            )
        }

        @Test("the ports of another Rollcall")
        func secondProgram() async throws {
            let first = try await RollcallProcess.start(["--ephemeral"])
            let address = "127.0.0.1:\(first.dnsPort)"
            try await expectOneLine(
                ["--dns-listen", address, "--http-listen", "127.0.0.1:0"],
                has: [address]
            )
        }

        @Test("a data folder that another Rollcall uses")
        func dataInUse() async throws {
            let first = try await RollcallProcess.start()
            try await expectOneLine(Self.anyPorts, scratch: first.scratch, has: ["data"])
            try first.register(#"{"service": "web", "host": "10.0.1.1", "port": 80}"#)
        }

        @Test("a data folder that is a file")
        func dataIsFile() async throws {
            let scratch = try ScratchFolder()
            let file = try scratch.write("", to: "file")
            try await expectOneLine(
                Self.anyPorts + ["--data-dir", file],
                scratch: scratch,
                has: [file]
            )
        }

        @Test("a zone file with an error in line 7")
        func badZone() async throws {
            let scratch = try ScratchFolder()
            try scratch.write(ZoneText.withErrorInLine7, to: "zones/bad.example.zone")
            try await expectOneLine(Self.anyPorts, scratch: scratch, has: ["bad.example.zone:7"])
        }

        @Test("a zone file that cannot be read")
        func unreadableZone() async throws {
            let scratch = try ScratchFolder()
            let folder = try scratch.folder("zones")
            try FileManager.default.createSymbolicLink(
                atPath: folder + "/gone.example.zone",
                withDestinationPath: "/no/such/file"
            )
            try await expectOneLine(Self.anyPorts, scratch: scratch, has: ["gone.example.zone"])
        }

        @Test("a zones folder that is not there, if it was named")
        func noZones() async throws {
            try await expectOneLine(
                Self.anyPorts + ["--zones-dir", "/no/such/folder"],
                has: ["/no/such/folder"]
            )
        }

        @Test("two files for one zone, and a zone that is the catalog's")
        func zonesThatClash() async throws {
            let scratch = try ScratchFolder()
            try scratch.write(
                ZoneText.good(apex: "consul.", address: "192.0.2.1"),
                to: "zones/consul.zone"
            )
            try await expectOneLine(Self.anyPorts, scratch: scratch, has: ["consul"])
        }
    }
}

/// Small zone files.
enum ZoneText {
    static let withErrorInLine7 = """
        $ORIGIN bad.example.
        $TTL 60
        @ IN SOA ns hostmaster 1 3600 600 86400 60
        @ IN NS ns
        ns IN A 192.0.2.1
        a IN A 192.0.2.2
        b IN A 192.0.2.300
        c IN A 192.0.2.4

        """

    static func good(apex: String, address: String, serial: Int = 1) -> String {
        """
        $ORIGIN \(apex)
        $TTL 60
        @ IN SOA ns hostmaster \(serial) 3600 600 86400 60
        @ IN NS ns
        ns IN A 192.0.2.1
        www IN A \(address)

        """
    }
}
