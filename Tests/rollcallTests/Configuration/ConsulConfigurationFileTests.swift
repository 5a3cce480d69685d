import DNSResponder
import DNSWire
import ServiceCatalog
import Testing
import TransportSecurity

@testable import rollcall

@Suite("Configuration files of Consul's agent")
struct ConsulConfigurationFileTests {
    private func load(
        _ json: String,
        path: String = "agent.json",
        file: String? = nil,
        flags: [String: [String]] = [:]
    ) throws -> Configuration {
        var flags = flags
        flags["consul_config"] = [path]
        if file != nil { flags["config"] = ["x.yaml"] }
        return try ConfigurationSources(
            flags: flags,
            environment: [:],
            host: HostFacts(hostName: "alpha", cores: 4),
            readFile: { (path) throws(FileReadFailure) in
                path == "x.yaml" ? file ?? "" : json
            }
        ).load()
    }

    private func failure(_ json: String, path: String = "agent.json") -> String? {
        do {
            _ = try load(json, path: path)
            return nil
        } catch {
            return "\(error)"
        }
    }

    @Test("options that mean something here become settings")
    func options() throws {
        let configuration = try load(
            """
            {
              "datacenter": "ber1", "node_name": "web-7", "log_level": "WARN", "log_json": true,
              "node_id": "1F2B6D0C-7A57-4C6C-9A0E-6F2F4AD3A0A1",
              "node_meta": {"rack": "r7"},
              "data_dir": "/var/lib/consul",
              "domain": "consul.", "alt_domain": "svc.example.com",
              "advertise_addr": "10.0.0.7",
              "dns_config": {
                "node_ttl": "1m30s", "only_passing": true,
                "service_ttl": {"*": "7s", "web*": "1500ms", "db": "0s"},
                "soa": {"min_ttl": 60}
              },
              "limits": {"kv_max_value_size": 4096},
              "acl": {"enabled": true, "default_policy": "deny", "tokens": {"dns": "d"}}
            }
            """
        )
        #expect(configuration.datacenter == "ber1")
        #expect(configuration.nodeName == "web-7")
        #expect(configuration.nodeIDGiven == "1f2b6d0c-7a57-4c6c-9a0e-6f2f4ad3a0a1")
        #expect(configuration.nodeMeta == ["rack": "r7"])
        #expect("\(configuration.logLevel)" == "warning")
        #expect(configuration.logFormat == .json)
        #expect(configuration.dataDirectory == "/var/lib/consul")
        #expect(configuration.domains.map(\.description) == ["consul.", "svc.example.com."])
        #expect(configuration.nodeAddress == IPAddress("10.0.0.7"))
        #expect(configuration.dns.nodeTTLSeconds == 90)
        #expect(configuration.dns.answersOnlyPassing)
        // Below one second there is no TTL: ours is never 0.
        #expect(configuration.dns.ttlSecondsPerService == ["*": 7, "web*": 1])
        #expect(configuration.dns.negativeTTLSeconds == 60)
        #expect(configuration.limits.valueBytesMax == 4096)
        #expect(configuration.acl.isEnabled)
        #expect(configuration.unusedConsulOptions.isEmpty)
    }

    @Test("addresses and ports join to listeners")
    func listeners() throws {
        let both = try load(
            #"{"client_addr": "127.0.0.1 ::1", "ports": {"dns": 53, "http": 8501, "grpc": -1}}"#
        )
        #expect(both.dnsListen.map(\.description) == ["127.0.0.1:53", "[::1]:53"])
        #expect(both.httpListen.map(\.description) == ["127.0.0.1:8501", "[::1]:8501"])
        #expect(both.unusedConsulOptions == ["ports.grpc"])
        let one = try load(#"{"addresses": {"dns": "127.0.0.2"}}"#)
        #expect(one.dnsListen.map(\.description) == ["127.0.0.2:8600"])
        #expect(one.httpListen.map(\.description) == ["127.0.0.1:8500"])
    }

    @Test("our own file and flags win, and an empty file says nothing")
    func precedence() throws {
        let json = #"{"datacenter": "consul", "node_name": "consul", "log_level": "ERR"}"#
        let configuration = try load(
            json,
            file: "node_name: file\n",
            flags: ["log_level": ["debug"]]
        )
        #expect(configuration.datacenter == "consul")
        #expect(configuration.nodeName == "file")
        #expect("\(configuration.logLevel)" == "debug")
        #expect(try load("").consulStanzas.isEmpty)
    }

    @Test("services and checks become registrations of the local node, services first")
    func stanzas() throws {
        let configuration = try load(
            """
            {
              "node_name": "web-7",
              "check": {"id": "mem", "name": "memory", "ttl": "30s", "service_id": "web-1"},
              "service": {
                "id": "web-1", "name": "web", "port": 80, "address": "10.0.0.7",
                "tags": ["v1", "007", "true"],
                "meta": {"deploy_id": "x_1"},
                "enable_tag_override": true,
                "weights": {"passing": 5, "warning": 2},
                "tagged_addresses": {"lan_ipv6": {"address": "fd00::7", "port": 80}},
                "check": {
                  "id": "web-http", "http": "http://127.0.0.1/health", "interval": "10s",
                  "failures_before_critical": 3, "deregister_critical_service_after": "2m",
                  "header": {"X_Probe": ["a_b"]}
                }
              },
              "services": [{"name": "db", "port": 5432}]
            }
            """
        )
        let registrations = try configuration.consulRegistrations()
        #expect(registrations.count == 3)
        let web = try #require(registrations.compactMap(\.instance).first { $0.id == "web-1" })
        #expect(web.node == "web-7")
        #expect(web.tags == ["v1", "007", "true"])
        #expect(web.meta == ["deploy_id": "x_1"])
        #expect(web.enableTagOverride)
        #expect(web.weights == ServiceWeights(passing: 5, warning: 2))
        #expect(web.taggedAddresses["lan_ipv6"] == ServiceAddress(address: "fd00::7", port: 80))
        let checks = registrations.flatMap(\.checks).map(\.check)
        let http = try #require(checks.first { $0.id == "web-http" })
        #expect(http.definition?.failuresBeforeCritical == 3)
        #expect(http.definition?.deregisterCriticalAfterMilliseconds == 120_000)
        guard case .http(let probe) = http.definition?.probe else {
            Issue.record("no HTTP probe: \(http)")
            return
        }
        #expect(probe.headers == ["X_Probe": ["a_b"]])
        #expect(registrations.last?.instance == nil)
        #expect(registrations.last?.checks.first?.check.serviceID == "web-1")
    }

    @Test("TLS of the API: tls.https before tls.defaults before the older names")
    func encryption() throws {
        let new = try load(
            #"""
            {"ports": {"https": 8501, "http": -1}, "cert_file": "old.pem",
             "tls": {"defaults": {"ca_file": "ca.pem", "cert_file": "c.pem", "key_file": "k.pem",
                                  "verify_incoming": true, "verify_outgoing": true,
                                  "tls_min_version": "TLSv1_3"},
                     "https": {"cert_file": "h.pem"}, "internal_rpc": {"verify_incoming": true}}}
            """#
        )
        #expect(new.httpListen.isEmpty)
        #expect(new.httpsListen.map(\.description) == ["127.0.0.1:8501"])
        #expect(new.tls.certificate == "h.pem")
        #expect(new.tls.key == "k.pem")
        #expect(new.tls.clientAuthority == "ca.pem")
        #expect(new.tls.clientCertificates == .required)
        #expect(new.tls.minimumVersion == .tls13)
        #expect(
            new.unusedConsulOptions == ["tls.defaults.verify_outgoing", "tls.internal_rpc"]
        )
        let old = try load(
            #"""
            {"ports": {"https": 8501}, "addresses": {"https": "127.0.0.2"}, "ca_file": "ca.pem",
             "cert_file": "c.pem", "key_file": "k.pem", "verify_incoming_https": true}
            """#
        )
        #expect(old.httpsListen.map(\.description) == ["127.0.0.2:8501"])
        #expect(old.tls.clientCertificates == .required)
        // An address alone opens no port.
        #expect(try load(#"{"addresses": {"https": "127.0.0.2"}}"#).httpsListen.isEmpty)
    }

    @Test("options without a meaning are named, not refused")
    func unused() throws {
        let configuration = try load(
            #"{"server": true, "bootstrap_expect": 3, "dns_config": {"allow_stale": true}}"#
        )
        #expect(
            configuration.unusedConsulOptions
                == ["server", "bootstrap_expect", "dns_config.allow_stale"]
        )
    }

    @Test("what is wrong is one line with file and line")
    func errors() {
        #expect(failure("{}", path: "a.hcl") == "a.hcl: expected JSON: HCL is not read")
        #expect(failure("[1]") == "agent.json:1: expected an object, found a list")
        #expect(failure("{\n\"ports\": {\"dns\": -1}}")?.contains("cannot be turned off") == true)
        #expect(
            failure("{\n\"datacenter\": \"a b\"}")
                == "agent.json:2: datacenter: expected a name such as dc1 (letters, digits, - and"
                + " _), found \"a b\""
        )
        #expect(
            failure("{\n\n\"service\": {\"name\": \"web\", \"prot\": 1}}")
                == "agent.json:3: service: json: unknown field \"prot\""
        )
        #expect(failure(#"{"checks": [{"ttl": "10s"}]}"#)?.contains("Missing check name") == true)
        #expect(failure(#"{"service": "web"}"#)?.contains("expected an object") == true)
        #expect(
            failure(#"{"tls": {"defaults": {"ca_path": "/etc/ssl"}}}"#)?.contains("give ca_file")
                == true
        )
        #expect(
            failure(#"{"tls_min_version": "SSLv3"}"#)
                == "agent.json:1: tls_min_version: expected TLSv1_2 or TLSv1_3, found \"SSLv3\""
        )
        #expect(
            failure(#"{"ports": {"https": 8501}}"#)?.contains("give tls.certificate") == true
        )
        #expect(failure("{\"a\": ")?.hasPrefix("agent.json:1: not JSON") == true)
    }
}
