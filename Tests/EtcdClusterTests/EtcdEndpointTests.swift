import Testing

@testable import EtcdCluster

@Suite("URLs of etcd")
struct EtcdEndpointTests {
    @Test(
        "a URL names scheme, host and port",
        arguments: [
            ("http://10.0.0.5:2379", "http://10.0.0.5:2379"),
            ("https://etcd.example", "https://etcd.example:2379"),
            ("http://[::1]:2379/", "http://[::1]:2379"),
        ]
    )
    func reads(text: String, shown: String) {
        #expect(EtcdEndpoint(text)?.description == shown)
    }

    @Test(
        "what is no such URL is refused",
        arguments: [
            "", "10.0.0.5:2379", "http://", "http://a:0", "http://a:99999", "http://a:b",
            "http://a/b",
            "ftp://a:1",
        ]
    )
    func refuses(text: String) {
        #expect(EtcdEndpoint(text) == nil)
    }
}
