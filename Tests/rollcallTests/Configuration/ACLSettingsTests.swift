import DNSResponder
import DNSWire
import TestSupport
import Testing

@testable import rollcall

@Suite("Settings: acl")
struct ACLSettingsTests {
    private func load(
        _ text: String,
        environment: [String: String] = [:],
        files: [String: String] = [:]
    ) throws(ConfigurationError) -> Configuration {
        try ConfigurationSources(
            flags: ["config": ["rollcall.yaml"]],
            environment: environment,
            host: HostFacts(hostName: "h", cores: 1),
            readFile: { (path) throws(FileReadFailure) in
                if path == "rollcall.yaml" { return text }
                guard let text = files[path] else { throw FileReadFailure(problem: "no such file") }
                return text
            }
        ).load()
    }

    private func problem(_ text: String, files: [String: String] = [:]) -> String {
        do {
            _ = try load(text, files: files)
            return "none"
        } catch {
            return error.description
        }
    }

    @Test("secrets come from the file, the environment or files of their own")
    func secrets() throws {
        let configuration = try load(
            """
            acl:
              enabled: true
              default_policy: deny
              tokens:
                initial_management: file:/run/secrets/root
                default: one
            """,
            environment: ["ROLLCALL_ACL_TOKENS_DNS": "three"],
            files: ["/run/secrets/root": "two\n"]
        )
        #expect(configuration.acl.initialManagement?.value == "two")
        #expect(configuration.acl.isEnabled && configuration.acl.defaultPolicy == .deny)
        #expect(configuration.acl.defaultToken?.value == "one")
        #expect(configuration.acl.dnsToken?.value == "three")
    }

    @Test("a secret is not shown, by check-config or in any description")
    func hidden() throws {
        let configuration = try load(
            "acl:\n  tokens:\n    default: sesame\n    dns: file:/a\n",
            files: ["/a": "sesame"]
        )
        let shown = Setting.all.map { "\($0.show(configuration))" }.joined(separator: "\n")
        #expect(!shown.contains("sesame"))
        #expect(shown.contains("(hidden)"))
        #expect(shown.contains("file:/a"))
        var dumped = ""
        dump(configuration, to: &dumped)
        #expect(!dumped.contains("sesame"))
        #expect(!"\(configuration)".contains("sesame"))
        #expect(!String(reflecting: configuration).contains("sesame"))
    }

    @Test("a file without one secret, and other policies, are refused with their place")
    func refused() {
        let key = "acl:\n  tokens:\n    dns: file:/a\n"
        #expect(problem(key) == "rollcall.yaml:3: acl.tokens.dns: /a: no such file")
        #expect(
            problem(key, files: ["/a": "two words"])
                == "rollcall.yaml:3: acl.tokens.dns: /a: must hold the secret and nothing else"
        )
        #expect(problem(key, files: ["/a": " \n"]).contains("must hold the secret"))
        #expect(
            problem("acl:\n  default_policy: maybe\n")
                == "rollcall.yaml:2: acl.default_policy: expected allow or deny, found \"maybe\""
        )
        #expect(problem("acl:\n  token: x\n").contains("unknown key"))
    }

    @Test("listeners that strangers reach without a token are told, each once")
    func exposures() throws {
        func exposed(_ text: String) throws -> [String] {
            try load(text).exposures.map { "\($0.address)" }
        }
        let all =
            "http_listen: [0.0.0.0:8500, 127.0.0.1:8501]\ndns_listen: ['[::]:53', '[::1]:53']\n"
        #expect(try exposed("") == [])
        #expect(try exposed(all) == ["0.0.0.0:8500", "[::]:53"])
        #expect(try exposed(all + "acl: {enabled: true}") == ["0.0.0.0:8500"])
        #expect(try exposed(all + "acl: {enabled: true, default_policy: deny}") == [])
        #expect(try exposed(all + "acl: {default_policy: deny}").count == 2)
    }

    @Test("Consul's own options mean the same")
    func consulOptions() throws {
        let text = #"""
            {"acl": {"enabled": true, "default_policy": "deny", "down_policy": "extend-cache",
                     "tokens": {"initial_management": "a", "dns": "b", "agent": "c"}}}
            """#
        let configuration = try load(
            "consul_config: [agent.json]\n",
            files: ["agent.json": text]
        )
        #expect(configuration.acl.isEnabled)
        #expect(configuration.acl.defaultPolicy == .deny)
        #expect(configuration.acl.initialManagement?.value == "a")
        #expect(configuration.acl.dnsToken?.value == "b")
        #expect(
            configuration.unusedConsulOptions.sorted() == ["acl.down_policy", "acl.tokens.agent"]
        )
    }
}
