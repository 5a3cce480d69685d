import Testing

@testable import rollcall

/// A wrong file, variable or flag, and the one line that it must give.
struct WrongSetting: Sendable, CustomTestStringConvertible {
    var file: String?
    var environment: [String: String] = [:]
    var flags: [String: [String]] = [:]
    var line: String

    init(file: String, _ line: String) {
        self.file = file
        self.line = line
    }

    init(environment: [String: String], _ line: String) {
        self.environment = environment
        self.line = line
    }

    init(flags: [String: [String]], _ line: String) {
        self.flags = flags
        self.line = line
    }

    var testDescription: String { line }
}

@Suite("Errors in settings")
struct ConfigurationErrorTests {
    private static let address = "expected an address and port such as 127.0.0.1:8600"

    static let values: [WrongSetting] = [
        .init(
            file: "workers: 2\ndns:\n  negative_ttl: soon\n",
            "x.yaml:3: dns.negative_ttl: expected a duration such as 1s, in whole seconds from 1s"
                + " to 7d, found \"soon\""
        ),
        .init(
            file: "dns:\n  negative_ttl: 0s\n",
            "x.yaml:2: dns.negative_ttl: expected a duration such as 1s, in whole seconds from 1s"
                + " to 7d, found \"0s\""
        ),
        .init(
            file: "workers: 0",
            "x.yaml:1: workers: expected a number from 1 to 1024, or auto, found \"0\""
        ),
        .init(
            file: "workers: 1025",
            "x.yaml:1: workers: expected a number from 1 to 1024, or auto, found \"1025\""
        ),
        .init(
            file: "workers: [1]",
            "x.yaml:1: workers: expected a number from 1 to 1024, or auto, found a list"
        ),
        .init(
            file: "dns_listen:\n- 127.0.0.1:8600\n- 127.0.0.1:99999\n",
            "x.yaml:3: dns_listen: \(address), found \"127.0.0.1:99999\""
        ),
        .init(
            file: "dns_listen: localhost:53",
            "x.yaml:1: dns_listen: \(address), found \"localhost:53\""
        ),
        .init(file: "dns_listen: ::1:53", "x.yaml:1: dns_listen: \(address), found \"::1:53\""),
        .init(file: "dns_listen: []", "x.yaml:1: dns_listen: \(address), found an empty list"),
        .init(
            file: "dns_listen: [10.0.0.1:53, 10.0.0.1:53]",
            "x.yaml:1: dns_listen: \"10.0.0.1:53\" is given twice"
        ),
        .init(file: "domain: [consul, Consul.]", "x.yaml:1: domain: \"Consul.\" is given twice"),
        .init(
            file: "domain: [consul, a.consul]",
            "x.yaml:1: domain: a.consul. lies inside consul.; give one of the two"
        ),
        .init(
            file: "domain: -bad-",
            "x.yaml:1: domain: expected a domain name such as consul or svc.example.com, found"
                + " \"-bad-\""
        ),
        .init(
            file: "domain: .",
            "x.yaml:1: domain: expected a domain name such as consul or svc.example.com, found \".\""
        ),
        .init(
            file: "\n\ndatacenter: two words",
            "x.yaml:3: datacenter: expected a name such as dc1 (letters, digits, - and _), found"
                + " \"two words\""
        ),
        .init(
            file: "ephemeral: maybe",
            "x.yaml:1: ephemeral: expected true or false, found \"maybe\""
        ),
        .init(file: "data_dir:\n", "x.yaml:1: data_dir: expected a folder, found nothing"),
        .init(
            file: "log_level: loud",
            "x.yaml:1: log_level: expected one of trace, debug, info, notice, warning, error,"
                + " critical, found \"loud\""
        ),
        .init(
            file: "log_format: xml",
            "x.yaml:1: log_format: expected text or json, found \"xml\""
        ),
        .init(
            file: "node_address: 0.0.0.0",
            "x.yaml:1: node_address: expected an IP address such as 10.0.0.5 that others can reach,"
                + " or auto, found \"0.0.0.0\""
        ),
        .init(
            file: "http:\n  body_bytes_max: 1 MB",
            "x.yaml:2: http.body_bytes_max: expected a size from 1KiB to 1GiB, found \"1 MB\""
        ),
        .init(
            file: "dns:\n  udp_payload_bytes: 100",
            "x.yaml:2: dns.udp_payload_bytes: expected a number from 512 to 4096, found \"100\""
        ),
        .init(
            file: "dns:\n  ttl:\n    per_service:\n      web: 5s\n      \"a*b\": 5s",
            "x.yaml:5: dns.ttl.per_service: expected a service name, a prefix such as web* or *,"
                + " found \"a*b\""
        ),
        .init(
            file: "dns: {ttl: {per_service: {web: 5}}}",
            "x.yaml:1: dns.ttl.per_service.web: expected a duration such as 30s, in whole seconds"
                + " from 1s to 7d, found \"5\""
        ),
        .init(
            file: "dns: {ttl: {per_service: web}}",
            "x.yaml:1: dns.ttl.per_service: expected a mapping, found \"web\""
        ),
        .init(
            file: "dns: {reverse_zones: [0.0.0.0/0]}",
            "x.yaml:1: dns.reverse_zones: expected a network such as 10.0.0.0/8, from /8 to /24 for"
                + " IPv4 or /4 to /128 for IPv6, found \"0.0.0.0/0\""
        ),
        .init(
            file: "health: {allowed_networks: [10.0.0.0/33]}",
            "x.yaml:1: health.allowed_networks: expected a network such as 10.0.0.0/8, found"
                + " \"10.0.0.0/33\""
        ),
        .init(
            file: "leases:\n  ttl_min: 1m\n  ttl_max: 30s",
            "x.yaml:2: leases.ttl_min: expected ttl_min (1m) to be at most ttl_max (30s)"
        ),
        .init(
            file: "leases:\n  ttl_default: 1s",
            "x.yaml:2: leases.ttl_default: expected ttl_default (1s) to be between ttl_min (5s) and"
                + " ttl_max (1d)"
        ),
        .init(
            file: "http_listen: 127.0.0.1:8600",
            "x.yaml:1: http_listen: 127.0.0.1:8600 is taken by dns_listen; DNS over TCP and HTTP need"
                + " different ports"
        ),
    ]

    static let shapes: [WrongSetting] = [
        .init(
            file: "negative_ttl: 1s",
            "x.yaml:1: negative_ttl: unknown key; did you mean dns.negative_ttl?"
        ),
        .init(file: "data-dir: x", "x.yaml:1: data-dir: unknown key; did you mean data_dir?"),
        .init(
            file: "dns:\n  tll:\n    services: 5s",
            "x.yaml:2: dns.tll: unknown key; did you mean dns.ttl?"
        ),
        .init(file: "zookeeper: true", "x.yaml:1: zookeeper: unknown key"),
        .init(file: "dns: 5", "x.yaml:1: dns: expected keys and values, found \"5\""),
        .init(file: "- a\n- b", "x.yaml:1: expected keys and values, found a list"),
        .init(file: "just text", "x.yaml:1: expected keys and values, found \"just text\""),
        .init(
            file: "workers: 1\nworkers: 2",
            "x.yaml:2: workers: is given twice"
        ),
        .init(
            file: "workers: [1, 2",
            "x.yaml:1: not YAML: did not find expected ',' or ']'"
        ),
    ]

    static let variablesAndFlags: [WrongSetting] = [
        .init(
            environment: ["ROLLCALL_WORKERS": "many"],
            "ROLLCALL_WORKERS: expected a number from 1 to 1024, or auto, found \"many\""
        ),
        .init(
            environment: ["ROLLCALL_HTTP_LISTEN": "127.0.0.1:1,nonsense"],
            "ROLLCALL_HTTP_LISTEN: expected an address and port such as 127.0.0.1:8500, found"
                + " \"nonsense\""
        ),
        .init(
            environment: ["ROLLCALL_DNS_TTL_PER_SERVICE": "web"],
            "ROLLCALL_DNS_TTL_PER_SERVICE: expected a duration such as 30s, in whole seconds from 1s"
                + " to 7d, found \"\""
        ),
        .init(
            flags: ["dns_listen": ["127.0.0.1"]],
            "--dns-listen: \(address), found \"127.0.0.1\""
        ),
        .init(
            flags: ["node_name": ["a b"]],
            "--node-name: expected a name such as node-1 (letters, digits, - and _), or auto, found"
                + " \"a b\""
        ),
        .init(
            flags: ["ephemeral": ["true"], "data_dir": ["x"]],
            "--ephemeral: excludes --data-dir; give one of the two"
        ),
    ]

    @Test(
        "a wrong value, key or shape is one exact line",
        arguments: values + shapes + variablesAndFlags
    )
    func exactLine(wrong: WrongSetting) throws {
        var flags = wrong.flags
        if wrong.file != nil { flags["config"] = ["x.yaml"] }
        let sources = ConfigurationSources(
            flags: flags,
            environment: wrong.environment,
            readFile: { (_) throws(FileReadFailure) in wrong.file ?? "" }
        )
        let error = try #require(throws: ConfigurationError.self) { try sources.load() }
        #expect(error.description == wrong.line)
        #expect(!error.description.contains("\n"))
    }

    @Test("a file that is not there is named")
    func missingFile() throws {
        let sources = ConfigurationSources(
            flags: ["config": ["/nowhere/rollcall.yaml"]],
            environment: [:]
        )
        let error = try #require(throws: ConfigurationError.self) { try sources.load() }
        #expect(error.description == "/nowhere/rollcall.yaml: no such file")
    }

    @Test("a folder in place of a file is named")
    func folder() throws {
        let sources = ConfigurationSources(flags: ["config": ["/"]], environment: [:])
        let error = try #require(throws: ConfigurationError.self) { try sources.load() }
        #expect(error.description == "/: is a folder, not a file")
    }
}
