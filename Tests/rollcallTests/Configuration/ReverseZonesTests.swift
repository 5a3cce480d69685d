import DNSWire
import Testing

@testable import rollcall

@Suite("Reverse zones of networks")
struct ReverseZonesTests {
    @Test(
        "a network on a boundary is one zone",
        arguments: [
            ("10.0.0.0/8", "10.in-addr.arpa."), ("192.168.0.0/16", "168.192.in-addr.arpa."),
            ("192.168.7.0/24", "7.168.192.in-addr.arpa."), ("fd00::/8", "d.f.ip6.arpa."),
            ("10.9.9.9/8", "10.in-addr.arpa."),
        ]
    )
    func onBoundary(network: String, zone: String) throws {
        let prefix = try #require(NetworkPrefix(network))
        #expect(prefix.reverseZones.map(\.description) == [zone])
    }

    @Test("a cut inside an octet or nibble takes several")
    func insideBoundary() throws {
        let private172 = try #require(NetworkPrefix("172.16.0.0/12")).reverseZones
        #expect(private172.count == 16)
        #expect(private172.first?.description == "16.172.in-addr.arpa.")
        #expect(private172.last?.description == "31.172.in-addr.arpa.")
        #expect(
            try #require(NetworkPrefix("fe80::/10")).reverseZones.map(\.description) == [
                "8.e.f.ip6.arpa.", "9.e.f.ip6.arpa.", "a.e.f.ip6.arpa.", "b.e.f.ip6.arpa.",
            ]
        )
        #expect(
            try #require(NetworkPrefix("fc00::/7")).reverseZones.map(\.description) == [
                "c.f.ip6.arpa.", "d.f.ip6.arpa.",
            ]
        )
    }

    @Test("the default networks have their zones, each once")
    func defaults() {
        let zones = Configuration(host: HostFacts(hostName: "a", cores: 1)).reverseZones
        #expect(zones.count == 1 + 16 + 1 + 1 + 1 + 64 + 2 + 4 + 1)
        #expect(Set(zones).count == zones.count)
    }

    @Test(
        "the whole address space is no reverse zone",
        arguments: ["0.0.0.0/0", "10.0.0.1", "::/0"]
    )
    func refused(network: String) throws {
        #expect(try #require(NetworkPrefix(network)).reverseZones.isEmpty)
    }
}
