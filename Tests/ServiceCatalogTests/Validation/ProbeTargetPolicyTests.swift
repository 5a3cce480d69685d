import DNSWire
import Testing

@testable import ServiceCatalog

@Suite("Probe target policy")
struct ProbeTargetPolicyTests {
    private func permits(_ networks: [String], _ address: String) throws -> Bool {
        let policy = ProbeTargetPolicy(allowed: networks.compactMap { NetworkPrefix($0) })
        return policy.permits(try #require(IPAddress(address)))
    }

    @Test("private networks and loopback are permitted by default, the rest is not")
    func defaults() throws {
        let policy = ProbeTargetPolicy.privateNetworks
        for address in ["127.0.0.1", "10.9.8.7", "172.31.0.1", "192.168.1.1", "::1", "fd00::1"] {
            #expect(policy.permits(try #require(IPAddress(address))))
        }
        for address in ["8.8.8.8", "169.254.169.254", "fe80::1", "2001:db8::1", "0.0.0.0"] {
            #expect(!policy.permits(try #require(IPAddress(address))))
        }
    }

    @Test("an IPv4 address in IPv6 clothes is judged as IPv4")
    func mapped() throws {
        #expect(try permits(["10.0.0.0/8"], "::ffff:10.0.0.1"))
        #expect(try !permits(["::/0"], "::ffff:10.0.0.1"))
    }

    @Test("a wide network does not open link-local addresses, an entry of their own does")
    func linkLocal() throws {
        #expect(try !permits(["0.0.0.0/0"], "169.254.169.254"))
        #expect(try !permits(["::/0"], "fe80::1"))
        #expect(try permits(["0.0.0.0/0"], "8.8.8.8"))
        #expect(try permits(["169.254.0.0/16"], "169.254.10.1"))
        #expect(try permits(["169.254.10.1/32"], "169.254.10.1"))
    }
}
