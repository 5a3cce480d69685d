import DNSWire
import Testing

@testable import ServiceCatalog

@Suite("Probe targets")
struct ProbeTargetTests {
    @Test(
        "are read as people write them",
        arguments: [
            ("10.0.0.1:80", "10.0.0.1", 80), ("[::1]:443", "::1", 443), ("db:5432", "db", 5432),
            ("::1", "::1", 53), ("db", "db", 53), ("[fc00::1]", "fc00::1", 53),
        ]
    )
    func reads(text: String, host: String, port: Int) {
        #expect(ProbeTarget(text, defaultPort: 53) == ProbeTarget(host: host, port: port))
    }

    @Test(
        "that are none are refused",
        arguments: ["", ":80", "[::1", "[::1]x", "a:b", "a:+1", "a"]
    )
    func refuses(text: String) {
        #expect(ProbeTarget(text) == nil)
    }

    @Test("are found in URLs")
    func readsURL() {
        #expect(ProbeTarget(url: "http://a/b:1")?.port == 80)
        #expect(ProbeTarget(url: "HTTPS://[::1]/x")?.port == 443)
        #expect(ProbeTarget(url: "http://a:8080?x") == ProbeTarget(host: "a", port: 8080))
        for url in ["ftp://a/", "http://", "http://u@a/", "http://a b/", "//a/", "http:/a"] {
            #expect(ProbeTarget(url: url) == nil, "\(url)")
        }
    }

    @Test("outside the allowed networks are refused, mapped addresses included")
    func judges() throws {
        let rules = RegistrationRules(.native, limits: CatalogLimits())
        func isAllowed(_ host: String) -> Bool {
            let target = ProbeTarget(host: host, port: 80)
            do {
                try rules.checkProbeTarget(target, .privateNetworks, field: "tcp")
                return true
            } catch {
                return false
            }
        }
        for host in ["127.0.0.1", "10.1.2.3", "fc00::1", "web.example.org"] {
            #expect(isAllowed(host), "\(host)")
        }
        for host in ["169.254.169.254", "::ffff:169.254.169.254", "8.8.8.8", "fe80::1", "a b"] {
            #expect(!isAllowed(host), "\(host)")
        }
    }
}
