internal import DNSWire
internal import Foundation
internal import Logging
internal import ServiceCatalog

extension Setting {
    /// Every key, in the order of `Config/rollcall.yaml`.
    static let all: [Setting] =
        listening + httpsListen + general + confinement + data + cluster + dns + recursion
        + protection + encryptedDNS + http + tls + acl + leases + health
        + healthProtection + limits

    private static let listening: [Setting] = [
        .list("dns_listen", \.dnsListen, .listenAddress(such: "127.0.0.1:8600")),
        .list(
            "http_listen",
            \.httpListen,
            .listenAddress(such: "127.0.0.1:8500"),
            mayBeEmpty: true
        ),
    ]

    private static let general: [Setting] = [
        .one("data_dir", \.dataDirectory, .text("a folder")),
        .one("ephemeral", \.isEphemeral, .flag),
        .one("zones_dir", \.zonesDirectory, .text("a folder")),
        .list("domain", \.domains, .domain),
        .one("datacenter", \.datacenter, .label("a name such as dc1 (letters, digits, - and _)")),
        .oneOrAutomatic(
            "node_name",
            \.nodeNameGiven,
            .label("a name such as node-1 (letters, digits, - and _)")
        ),
        .oneOrAutomatic("node_address", \.nodeAddressGiven, .address),
        .oneOrAutomatic("node_id", \.nodeIDGiven, .uuid),
        .map("node_meta", \.nodeMeta, name: .text("a key"), value: .text("a text")),
        .list("consul_config", \.consulFiles, .text("a file"), mayBeEmpty: true),
        .oneOrAutomatic("workers", \.workersGiven, .number(1...1024)),
        .one("log_level", \.logLevel, .logLevel),
        .one("log_format", \.logFormat, .logFormat),
    ]

    private static let dns: [Setting] = [
        .one("dns.ttl.services", \.dns.serviceTTLSeconds, .ttl(such: "5s")),
        .one("dns.ttl.nodes", \.dns.nodeTTLSeconds, .ttl(such: "5s")),
        .map(
            "dns.ttl.per_service",
            \.dns.ttlSecondsPerService,
            name: .serviceOrPrefix,
            value: .ttl(such: "30s")
        ),
        .one("dns.negative_ttl", \.dns.negativeTTLSeconds, .ttl(such: "1s")),
        .one("dns.soa.refresh", \.dns.refreshInterval, .soaTime(such: "1h")),
        .one("dns.soa.retry", \.dns.retryInterval, .soaTime(such: "10m")),
        .one("dns.soa.expire", \.dns.expiry, .soaTime(such: "1d")),
        .one("dns.udp_payload_bytes", \.dns.udpPayloadBytes, .number(512...4096)),
        .one("dns.recursion_available", \.dns.isRecursionAvailable, .flag),
        .oneOrAutomatic("dns.nsid", \.dns.nsidGiven, .nsid),
        .list("dns.reverse_zones", \.dns.reverseNetworks, .reverseZone, mayBeEmpty: true),
        .one("dns.name_server.label", \.dns.nameServerLabel, .label("a label such as ns")),
        .list(
            "dns.name_server.addresses",
            \.dns.nameServerAddresses,
            .address,
            mayBeEmpty: true
        ),
        .one("dns.mailbox", \.dns.mailboxLabel, .label("a label such as hostmaster")),
        .one("dns.tcp.connections_max", \.dns.tcpConnectionsMax, .number(1...1_000_000)),
        .one(
            "dns.tcp.connections_per_client_max",
            \.dns.protection.connectionsPerClientMax,
            .number(1...1_000_000)
        ),
        .one(
            "dns.tcp.idle_timeout",
            \.dns.tcpIdleTimeout,
            .duration(such: "10s", .seconds(1) ... .seconds(3600))
        ),
        .one("dns.only_passing", \.dns.answersOnlyPassing, .flag),
        .one("dns.node_meta_txt", \.dns.addsNodeText, .flag),
        .one("dns.a_record_limit", \.dns.addressRecordLimit, .number(0...65_535)),
        .map(
            "dns.a_record_limit_per_service",
            \.dns.addressRecordLimitPerService,
            name: .serviceOrPrefix,
            value: .number(0...65_535)
        ),
        .one("dns.udp_answer_limit", \.dns.smallAnswerLimit, .number(0...65_535)),
    ]

    private static let http: [Setting] = [
        .list("http.allowed_clients", \.http.allowedClients, .network, mayBeEmpty: true),
        .list("http.allowed_writers", \.http.allowedWriters, .network, mayBeEmpty: true),
        .one("http.body_bytes_max", \.http.bodyBytesMax, .bytes(1024...(1 << 30))),
        .one("http.import_bytes_max", \.http.importBytesMax, .bytes(1024...(1 << 32))),
        .one("http.bodies_bytes_max", \.http.bodiesBytesMax, .bytes((4 << 20)...(1 << 40))),
        .one("http.header_bytes_max", \.http.headerBytesMax, .bytes(1024...(1 << 20))),
        .one("http.headers_max", \.http.headersMax, .number(10...10_000)),
        .one("http.connections_max", \.http.connectionsMax, .number(1...1_000_000)),
        .one(
            "http.request_timeout",
            \.http.requestTimeout,
            .duration(such: "15s", .milliseconds(100) ... .seconds(3600))
        ),
        .one(
            "http.idle_timeout",
            \.http.idleTimeout,
            .duration(such: "2m", .seconds(1) ... .seconds(3600))
        ),
    ]

    private static let acl: [Setting] = [
        .one("acl.enabled", \.acl.isEnabled, .flag),
        .one("acl.default_policy", \.acl.defaultPolicy, .defaultPolicy),
        .one("acl.tokens.initial_management", \.acl.initialManagement, .secret),
        .one("acl.tokens.default", \.acl.defaultToken, .secret),
        .one("acl.tokens.dns", \.acl.dnsToken, .secret),
    ]

    private static let leases: [Setting] = [
        .one("leases.ttl_default", \.leases.ttlDefault, .lease(such: "30s")),
        .one("leases.ttl_min", \.leases.ttlMin, .lease(such: "5s")),
        .one("leases.ttl_max", \.leases.ttlMax, .lease(such: "1d")),
    ]

    private static let health: [Setting] = [
        .list("health.allowed_networks", \.health.allowedNetworks, .network, mayBeEmpty: true),
        .one("health.probes_in_flight_max", \.health.probesInFlightMax, .number(1...100_000)),
        .one(
            "health.timeout_default",
            \.health.timeoutDefault,
            .duration(such: "5s", .milliseconds(10) ... .seconds(600))
        ),
        .one(
            "health.interval_default",
            \.health.intervalDefault,
            .duration(such: "10s", .milliseconds(100) ... .seconds(86_400))
        ),
        .one("health.failures_before_critical", \.health.failuresBeforeCritical, .number(1...100)),
        .one("health.successes_before_passing", \.health.successesBeforePassing, .number(1...100)),
    ]

    private static let limits: [Setting] = [
        .one("limits.nodes_max", \.limits.nodesMax, .number(1...10_000_000)),
        .one("limits.instances_max", \.limits.instancesMax, .number(1...100_000_000)),
        .one(
            "limits.instances_per_service_max",
            \.limits.instancesPerServiceMax,
            .number(1...1_000_000)
        ),
        .one("limits.checks_max", \.limits.checksMax, .number(1...100_000_000)),
        .one("limits.tags_per_instance_max", \.limits.tagsPerInstanceMax, .number(0...10_000)),
        .one("limits.meta_pairs_max", \.limits.metaPairsMax, .number(0...10_000)),
        .one(
            "limits.checks_per_registration_max",
            \.limits.checksPerRegistrationMax,
            .number(0...10_000)
        ),
        .one("limits.meta_key_bytes_max", \.limits.metaKeyBytesMax, .bytes(1...65_536)),
        .one("limits.meta_value_bytes_max", \.limits.metaValueBytesMax, .bytes(1...65_536)),
        .one("limits.text_bytes_max", \.limits.textBytesMax, .bytes(1...65_536)),
        .one("limits.keys_max", \.limits.keysMax, .number(0...1_000_000_000)),
        .one("limits.value_bytes_max", \.limits.valueBytesMax, .bytes(1...(64 << 20))),
        .one("limits.transaction_bytes_max", \.limits.transactionBytesMax, .bytes(1...(64 << 20))),
        .one("limits.sessions_max", \.limits.sessionsMax, .number(0...100_000_000)),
        .one("limits.key_bytes_max", \.limits.keyBytesMax, .bytes(1...65_536)),
        .one(
            "limits.operations_per_transaction_max",
            \.limits.operationsPerTransactionMax,
            .number(1...10_000)
        ),
        .one(
            "limits.prepared_queries_max",
            \.limits.preparedQueriesMax,
            .number(0...10_000_000)
        ),
        .one("limits.acl_policies_max", \.limits.accessPoliciesMax, .number(0...10_000_000)),
        .one("limits.acl_tokens_max", \.limits.accessTokensMax, .number(0...10_000_000)),
    ]
}

extension SettingForm where Value == Duration {
    fileprivate static func soaTime(such example: String) -> SettingForm {
        .duration(such: example, .seconds(1) ... .seconds(2_147_483_647))
    }

    fileprivate static func lease(such example: String) -> SettingForm {
        .duration(such: example, .seconds(1) ... .seconds(2_592_000))
    }
}

extension SettingForm where Value == String {
    /// What the NSID option may carry.
    fileprivate static var nsid: SettingForm {
        SettingForm(
            expected: "a text of at most 64 bytes, off",
            parse: { (1...64).contains($0.utf8.count) ? $0 : nil },
            show: { .text($0) }
        )
    }

    /// A UUID such as the one that Consul gives each node.
    fileprivate static var uuid: SettingForm {
        SettingForm(
            expected: "a UUID such as 1f2b6d0c-7a57-4c6c-9a0e-6f2f4ad3a0a1",
            parse: { UUID(uuidString: $0)?.uuidString.lowercased() },
            show: { .text($0) }
        )
    }

    /// A service's name, the start of one followed by `*`, or `*`.
    static var serviceOrPrefix: SettingForm {
        SettingForm(
            expected: "a service name, a prefix such as web* or *",
            parse: { text in
                let stem = text.hasSuffix("*") ? text.dropLast() : text[...]
                guard text == "*" || (!stem.isEmpty && !stem.contains("*")) else { return nil }
                return text.lowercased()
            },
            show: { .text($0) }
        )
    }
}
