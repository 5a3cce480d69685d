import DNSResponder
import DNSWire
import Testing

@testable import rollcall

@Suite("Settings about whom DNS answers, and how much")
struct ProtectionSettingsTests {
    private static let secret = "e5e973e5a6b2a43f48e7dc849e37bfcf"

    private func load(
        _ environment: [String: String],
        files: [String: String] = [:]
    ) throws -> Configuration {
        try ConfigurationSources(
            flags: [:],
            environment: environment,
            host: HostFacts(hostName: "alpha.example.org", cores: 4),
            readFile: { (path) throws(FileReadFailure) in
                guard let text = files[path] else { throw FileReadFailure(problem: "is not there") }
                return text
            }
        ).load()
    }

    @Test("cookies are on by default, all clients are answered and nothing has a rate")
    func defaults() throws {
        let settings = try load([:]).responder(inherited: []).protection
        #expect(settings.cookies == .on && settings.cookieSecrets.isEmpty)
        #expect(settings.responsesPerSecond == 0 && settings.slip == 2)
        #expect(settings.allowedClients.isEmpty)
        #expect(settings.transferClients.isEmpty)
        #expect(settings.rateExemptNetworks.map(\.description) == ["127.0.0.0/8", "::1/128"])
    }

    @Test("whole zones are for the networks that the settings name")
    func transferClients() throws {
        let settings = try load(["ROLLCALL_DNS_TRANSFER_CLIENTS": "10.0.0.53,fd00::/8"])
            .responder(inherited: []).protection
        #expect(settings.transferClients.map(\.description) == ["10.0.0.53/32", "fd00::/8"])
        let error = try #require(throws: ConfigurationError.self) {
            try load(["ROLLCALL_DNS_TRANSFER_CLIENTS": "secondary.example.org"])
        }
        #expect("\(error)".contains("ROLLCALL_DNS_TRANSFER_CLIENTS"))
    }

    @Test("secrets come from settings and files, and are never shown")
    func secrets() throws {
        let other = "445536bcd2513298075a5d379663c962"
        let configuration = try load(
            ["ROLLCALL_DNS_COOKIE_SECRETS": "\(Self.secret),file:/run/old"],
            files: ["/run/old": other + "\n"]
        )
        let secrets = configuration.dns.protection.settings.cookieSecrets
        #expect(
            secrets == [Self.secret, other].compactMap { CookieSecret(hexadecimal: $0) }
        )
        let shown = Setting.all.map { "\($0.show(configuration))" }.joined()
        #expect(shown.contains("file:/run/old"))
        #expect(!shown.contains(Self.secret) && !shown.contains(other))
        #expect(!"\(configuration)".contains(Self.secret))
    }

    @Test(
        "a secret that is none is an error that does not show it",
        arguments: ["abcdef", "e5e973e5a6b2a43f48e7dc849e37bfcg", "file:/run/short"]
    )
    func badSecret(text: String) throws {
        let error = try #require(throws: ConfigurationError.self) {
            try load(
                ["ROLLCALL_DNS_COOKIE_SECRETS": text],
                files: ["/run/short": "abcdef"]
            )
        }
        let message = "\(error)"
        #expect(message.contains("32 hexadecimal digits"))
        #expect(!message.contains("abcdef") && !message.contains("e5e973"))
    }

    @Test(
        "what means nothing is refused",
        arguments: [
            ("ROLLCALL_DNS_COOKIES", "maybe"), ("ROLLCALL_DNS_ALLOWED_CLIENTS", "10.0.0.0/33"),
            ("ROLLCALL_DNS_RATE_LIMIT_RESPONSES_PER_SECOND", "-1"),
            ("ROLLCALL_DNS_COOKIE_SECRETS", "file:/run/none"),
            ("ROLLCALL_DNS_TCP_CONNECTIONS_PER_CLIENT_MAX", "0"),
        ]
    )
    func refused(variable: String, text: String) throws {
        #expect(throws: ConfigurationError.self) { try load([variable: text]) }
    }
}
