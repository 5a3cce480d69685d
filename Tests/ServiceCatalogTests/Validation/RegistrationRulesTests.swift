import Testing

@testable import ServiceCatalog

@Suite("Rules of registrations")
struct RegistrationRulesTests {
    private let native = RegistrationRules(.native, limits: CatalogLimits())
    private let consul = RegistrationRules(.consul, limits: CatalogLimits())

    private func passes(_ check: () throws -> Void) -> Bool {
        do {
            try check()
            return true
        } catch {
            return false
        }
    }

    @Test("a name is one label of 63 bytes; Consul's may be what DNS cannot carry")
    func judgesNames() {
        let longest = String(repeating: "a", count: 63)
        for name in ["web", "Web_1", "a-b", longest] {
            #expect(passes { try native.checkName(name, field: "service") }, "\(name)")
        }
        for name in ["a.b", "a b", longest + "a", "é"] {
            #expect(!passes { try native.checkName(name, field: "service") }, "\(name)")
            #expect(passes { try consul.checkName(name, field: "Name") }, "\(name)")
        }
        for name in ["", "a\nb", String(repeating: "a", count: 256)] {
            #expect(!passes { try native.checkName(name, field: "service") }, "\(name)")
            #expect(!passes { try consul.checkName(name, field: "Name") }, "\(name)")
        }
    }

    @Test("a tag is labels joined by dots; Consul's may be anything readable")
    func judgesTags() {
        for tag in ["v1.2", "blue"] {
            #expect(passes { try native.checkTags([tag], field: "tags") })
        }
        for tag in ["", "a..b", "traefik.rule=Host(`a`)", String(repeating: "t", count: 64)] {
            #expect(!passes { try native.checkTags([tag], field: "tags") }, "\(tag)")
            #expect(passes { try consul.checkTags([tag], field: "Tags") }, "\(tag)")
        }
        let many = (0...64).map { "t\($0)" }
        #expect(!passes { try native.checkTags(many, field: "tags") })
    }

    @Test("a host is an address or a name; a mistyped address is none")
    func judgesHosts() {
        for host in ["10.0.0.1", "::1", "db.example.org", "db.example.org.", "h1", "1.example"] {
            #expect(passes { try native.checkHost(host, field: "host") }, "\(host)")
        }
        let long = Array(repeating: "abcdefg", count: 32).joined(separator: ".")
        for host in ["", "10.0.0.256", "10.0.0", "::", "0.0.0.0", "-a.b", "a..b", "[::1]", long] {
            #expect(!passes { try native.checkHost(host, field: "host") }, "\(host)")
        }
    }

    @Test("port 0 is Consul's for none")
    func judgesPorts() {
        #expect(passes { try native.checkPort(65_535, field: "port") })
        #expect(!passes { try native.checkPort(0, field: "port") })
        #expect(passes { try consul.checkPort(0, field: "Port") })
        for port in [-1, 65_536, 70_000] {
            #expect(!passes { try native.checkPort(port, field: "port") })
            #expect(!passes { try consul.checkPort(port, field: "Port") })
        }
    }

    @Test("meta has limits of pairs, keys and values; Consul reserves a prefix")
    func judgesMeta() {
        let full = Dictionary(uniqueKeysWithValues: (0..<64).map { ("k\($0)", "v") })
        #expect(passes { try native.checkMeta(full, field: "metadata") })
        #expect(!passes { try native.checkMeta(full.merging(["x": ""]) { $1 }, field: "metadata") })
        #expect(passes { try native.checkMeta(["consul-x": "1"], field: "metadata") })
        #expect(!passes { try consul.checkMeta(["consul-x": "1"], field: "Meta") })
        for key in ["", "a b", "a.b", String(repeating: "k", count: 129)] {
            #expect(!passes { try consul.checkMeta([key: "1"], field: "Meta") }, "\(key)")
        }
    }
}
