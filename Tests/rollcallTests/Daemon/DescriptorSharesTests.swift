import Testing

@testable import rollcall

@Suite("Shares of the open files")
struct DescriptorSharesTests {
    @Test("with enough of them everything is as configured")
    func enough() {
        let configuration = Configuration()
        let shares = DescriptorShares(configuration, descriptorsMax: 1_048_576)
        #expect(!shares.isReduced)
        #expect(shares.httpConnectionsMax == configuration.http.connectionsMax)
        #expect(shares.dnsConnectionsMax == configuration.dns.tcpConnectionsMax)
        #expect(shares.probesInFlightMax == configuration.health.probesInFlightMax)
    }

    @Test("with few of them all kinds together leave some", arguments: [16, 80, 256, 1_024, 4_096])
    func few(_ descriptorsMax: Int) {
        let shares = DescriptorShares(Configuration(), descriptorsMax: descriptorsMax)
        #expect(shares.isReduced)
        let sum = shares.httpConnectionsMax + shares.dnsConnectionsMax + shares.probesInFlightMax
        #expect(sum < descriptorsMax)
        #expect(shares.httpConnectionsMax >= 1 && shares.dnsConnectionsMax >= 1)
        #expect(shares.probesInFlightMax >= 1)
    }
}
