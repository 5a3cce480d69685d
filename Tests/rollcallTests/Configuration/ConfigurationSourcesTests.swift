import DNSResponder
import DNSWire
import Testing

@testable import rollcall

@Suite("Where settings come from")
struct ConfigurationSourcesTests {
    private func load(
        file: String? = nil,
        environment: [String: String] = [:],
        flags: [String: [String]] = [:]
    ) throws -> Configuration {
        var flags = flags
        if file != nil { flags["config"] = ["x.yaml"] }
        return try ConfigurationSources(
            flags: flags,
            environment: environment,
            host: HostFacts(hostName: "alpha.example.org", cores: 4),
            readFile: { (_) throws(FileReadFailure) in file ?? "" }
        ).load()
    }

    @Test("without any source the defaults of the contract hold")
    func defaults() throws {
        let configuration = try load()
        #expect(configuration.dnsListen.map(\.description) == ["127.0.0.1:8600"])
        #expect(configuration.httpListen.map(\.description) == ["127.0.0.1:8500"])
        #expect(configuration.domains.map(\.description) == ["consul."])
        #expect(configuration.datacenter == "dc1")
        #expect(configuration.nodeName == "alpha")
        #expect(configuration.nsid == "alpha")
        #expect(configuration.workers == 4)
        #expect(configuration.nodeAddress == IPAddress("127.0.0.1"))
        #expect(configuration.dns.negativeTTLSeconds == 1)
        #expect(!configuration.isEphemeral)
    }

    @Test("flags win over the environment, which wins over the file")
    func precedence() throws {
        let file = "datacenter: file\nlog_level: debug\nworkers: 2\n"
        let environment = ["ROLLCALL_DATACENTER": "environment", "ROLLCALL_WORKERS": "3"]
        let configuration = try load(
            file: file,
            environment: environment,
            flags: ["workers": ["5"]]
        )
        #expect("\(configuration.logLevel)" == "debug")
        #expect(configuration.datacenter == "environment")
        #expect(configuration.workers == 5)
    }

    @Test("lists and mappings are read from every source")
    func collections() throws {
        let file = try load(
            file: """
                domain:
                  - consul
                  - svc.Example.com
                dns:
                  ttl:
                    per_service: {payment: 30s, "web*": 10s, "*": 2s}
                """
        )
        #expect(file.domains.map(\.description) == ["consul.", "svc.example.com."])
        #expect(file.dns.ttlSecondsPerService == ["payment": 30, "web*": 10, "*": 2])

        let environment = try load(environment: [
            "ROLLCALL_DOMAIN": "consul, internal",
            "ROLLCALL_DNS_TTL_PER_SERVICE": "payment=30s,web*=1m",
        ])
        #expect(environment.domains.map(\.description) == ["consul.", "internal."])
        #expect(environment.dns.ttlSecondsPerService == ["payment": 30, "web*": 60])

        let flags = try load(flags: ["dns_listen": ["10.0.0.1:53", "[::1]:53"]])
        #expect(flags.dnsListen.map(\.description) == ["10.0.0.1:53", "[::1]:53"])
    }

    @Test("ROLLCALL_CONFIG names the file, --config wins over it")
    func fileFromEnvironment() throws {
        let sources = ConfigurationSources(
            flags: [:],
            environment: ["ROLLCALL_CONFIG": "a.yaml"],
            readFile: { (path) throws(FileReadFailure) in "datacenter: from-\(path.prefix(1))" }
        )
        #expect(try sources.load().datacenter == "from-a")
        var other = sources
        other.flags = ["config": ["b.yaml"]]
        #expect(try other.load().datacenter == "from-b")
    }

    @Test("an empty variable counts as not set")
    func emptyVariable() throws {
        #expect(try load(environment: ["ROLLCALL_DATACENTER": ""]).datacenter == "dc1")
    }

    @Test("variables that mean nothing are named, for they may be misspelt")
    func unknownVariables() {
        let sources = ConfigurationSources(environment: [
            "ROLLCALL_DATACENTRE": "x", "ROLLCALL_WORKERS": "1", "ROLLCALL_HTTP_ADDR": "y",
            "PATH": "z",
        ])
        #expect(sources.unknownVariables == ["ROLLCALL_DATACENTRE"])
    }

    @Test("an empty file, an empty section and comments are fine")
    func emptyFiles() throws {
        for text in ["", "# nothing\n", "dns:\nhttp:\n", "---\n", "dns: {}\n"] {
            #expect(try load(file: text).datacenter == "dc1", "\(text)")
        }
    }

    @Test(
        "the node's address is the first listen address that others can reach",
        arguments: [
            (["0.0.0.0:8500"], ["127.0.0.1:8600"], "127.0.0.1"),
            (["127.0.0.1:8500"], ["10.1.2.3:53"], "10.1.2.3"),
            (["0.0.0.0:8500"], ["0.0.0.0:8600"], "127.0.0.1"),
            (["[fd00::5]:8500"], ["10.1.2.3:53"], "fd00::5"),
        ]
    )
    func nodeAddress(http: [String], dns: [String], expected: String) throws {
        let configuration = try load(flags: ["http_listen": http, "dns_listen": dns])
        #expect(configuration.nodeAddress.description == expected)
        #expect(configuration.nameServerAddresses == [configuration.nodeAddress])
    }

    @Test("a reload can tell which keys changed")
    func keysChanged() throws {
        let before = try load()
        let after = try load(file: "workers: 9\ndns: {negative_ttl: 3s}")
        #expect(after.keysChanged(from: before) == ["workers", "dns.negative_ttl"])
    }

    @Test("NSID can be switched off")
    func nsidOff() throws {
        #expect(try load(file: "dns: {nsid: off}").nsid == nil)
        #expect(try load(file: "dns: {nsid: pop-3}").nsid == "pop-3")
    }
}
