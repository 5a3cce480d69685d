import DNSForwarder
import DNSResponder
import DNSWire
import Testing

@testable import rollcall

@Suite("Settings about recursors")
struct RecursionSettingsTests {
    private func load(_ environment: [String: String]) throws -> Configuration {
        try ConfigurationSources(
            flags: [:],
            environment: environment,
            host: HostFacts(hostName: "alpha.example.org", cores: 4),
            readFile: { (_) throws(FileReadFailure) in "" }
        ).load()
    }

    @Test("nobody is asked by default, and then only for private networks")
    func defaults() throws {
        let configuration = try load([:])
        #expect(configuration.forwarder == ForwarderSettings(servers: []))
        #expect(!configuration.responder(inherited: []).setsRecursionAvailable)
        let with = try load(["ROLLCALL_DNS_RECURSORS": "10.0.0.2"])
        #expect(with.responder(inherited: []).setsRecursionAvailable)
        #expect(with.forwarder.clients == ForwarderSettings.privateNetworks)
        #expect(!with.forwarder.clients.contains { $0.bits == 0 })
    }

    @Test(
        "an address has port 53 unless it has another",
        arguments: [
            ("10.0.0.2", "10.0.0.2:53"), ("10.0.0.2:5353", "10.0.0.2:5353"),
            ("fd00::2", "[fd00::2]:53"), ("[fd00::2]", "[fd00::2]:53"),
            ("[fd00::2]:5353", "[fd00::2]:5353"),
        ]
    )
    func addresses(text: String, expected: String) throws {
        let configuration = try load(["ROLLCALL_DNS_RECURSORS": text])
        #expect(configuration.dns.recursors.map(\.description) == [expected])
    }

    @Test(
        "what is no address of a server is refused",
        arguments: [
            "0.0.0.0", "::", "dns.example.org", "10.0.0.2:0", "10.0.0.2:99999", "[10.0.0.2",
        ]
    )
    func refused(text: String) throws {
        let error = #expect(throws: ConfigurationError.self) {
            try load(["ROLLCALL_DNS_RECURSORS": text])
        }
        #expect("\(try #require(error))".contains("expected the address of a DNS server"))
    }

    @Test(
        "the server itself is no recursor",
        arguments: [
            ("127.0.0.1:8600", "127.0.0.1:8600"), ("0.0.0.0:53", "127.0.0.1"),
            ("10.0.0.5:53,[::]:53", "::1"),
        ]
    )
    func itself(listen: String, recursor: String) throws {
        let error = #expect(throws: ConfigurationError.self) {
            try load(["ROLLCALL_DNS_LISTEN": listen, "ROLLCALL_DNS_RECURSORS": recursor])
        }
        #expect("\(try #require(error))".contains("listens itself"))
        // Another port of the same host is another server.
        _ = try load(["ROLLCALL_DNS_LISTEN": listen, "ROLLCALL_DNS_RECURSORS": "127.0.0.1:5300"])
    }
}
