internal import DNSWire

/// What an option of Consul's agent configuration means to Rollcall.
///
/// The options: Consul's documentation, "Agent configuration file reference".
enum ConsulOption {
    /// The value of a setting of ours; `convert` gives nil where ours keeps its default.
    case setting(String, convert: @Sendable (RawValue) -> RawValue?)
    /// Part of an address or a list that several options make together.
    case part
    /// Would be a false promise of safety if it were passed over.
    case refused(String)

    /// The option with a full name such as `dns_config.node_ttl`; nil when it means nothing here.
    static func named(_ name: String) -> ConsulOption? { table[name] }

    /// Sections that hold options, such as `dns_config.soa`.
    static let sections = Set(
        table.keys.flatMap { name in
            name.indices.filter { name[$0] == "." }.map { String(name[..<$0]) }
        }
    )

    private static func same(_ setting: String) -> ConsulOption {
        .setting(setting) { $0 }
    }

    private static func time(_ setting: String) -> ConsulOption {
        .setting(setting, convert: wholeSeconds)
    }

    private static let table: [String: ConsulOption] = [
        "datacenter": same("datacenter"),
        "node_name": same("node_name"),
        "node_id": same("node_id"),
        "node_meta": same("node_meta"),
        "data_dir": same("data_dir"),
        "advertise_addr": same("node_address"),
        "log_level": .setting("log_level", convert: logLevel),
        "log_json": .setting("log_format", convert: logFormat),
        "dns_config.node_ttl": time("dns.ttl.nodes"),
        "dns_config.service_ttl": .setting("dns.ttl.per_service", convert: wholeSecondsByName),
        "dns_config.only_passing": same("dns.only_passing"),
        "dns_config.a_record_limit": same("dns.a_record_limit"),
        "dns_config.udp_answer_limit": same("dns.udp_answer_limit"),
        "dns_config.enable_additional_node_meta_txt": same("dns.node_meta_txt"),
        "dns_config.soa.min_ttl": time("dns.negative_ttl"),
        "dns_config.soa.refresh": time("dns.soa.refresh"),
        "dns_config.soa.retry": time("dns.soa.retry"),
        "dns_config.soa.expire": time("dns.soa.expire"),
        "recursors": same("dns.recursors"),
        "dns_config.recursor_timeout": same("dns.recursor_timeout"),
        "dns_config.recursor_strategy": same("dns.recursor_strategy"),
        "acl.enabled": same("acl.enabled"),
        "acl.default_policy": same("acl.default_policy"),
        "acl.tokens.initial_management": same("acl.tokens.initial_management"),
        "acl.tokens.default": same("acl.tokens.default"),
        "acl.tokens.dns": same("acl.tokens.dns"),
        "domain": .part, "alt_domain": .part,
        "client_addr": .part, "addresses.dns": .part, "addresses.http": .part,
        "ports.dns": .part, "ports.http": .part,
        "limits.kv_max_value_size": same("limits.value_bytes_max"),
        "limits.txn_max_req_len": same("limits.transaction_bytes_max"),
        "http_config.allow_write_http_from": same("http.allowed_writers"),
        "http_config.block_endpoints": .refused("endpoints cannot be turned off one by one"),
        "addresses.https": .part, "ports.https": .part,
    ].merging(tls) { $1 }

    /// TLS as it is written now, and at the top level as before version 1.12.
    ///
    /// Options about connections that this server never makes, such as `verify_outgoing`, mean
    /// nothing here; those that narrow what clients may do and are not honoured are refused.
    private static let tls: [String: ConsulOption] = {
        var table: [String: ConsulOption] = [:]
        for section in ["", "tls.defaults.", "tls.https."] {
            for name in ["ca_file", "cert_file", "key_file", "tls_min_version", "verify_incoming"] {
                table[section + name] = .part
            }
            table[section + "ca_path"] = .refused("a folder is not read: give ca_file")
            table[section + "tls_cipher_suites"] = .refused(
                "ciphers are not chosen here: those of TLS 1.2 with forward secrecy, and of 1.3"
            )
        }
        table["verify_incoming_https"] = .part
        return table
    }()
}

// MARK: - From Consul's words to ours

extension ConsulOption {
    /// A Go duration, or a number of seconds, as whole seconds; nil below one second.
    ///
    /// Why nil: Consul's 0 turns caching off; our TTLs are never 0 (RFC 2181 §8 leaves 0 to each
    /// resolver's taste).
    @Sendable private static func wholeSeconds(_ raw: RawValue) -> RawValue? {
        guard case .scalar(let text) = raw.content else { return raw }
        guard let duration = Int64(text).map({ Duration.seconds($0) }) ?? DurationText.parse(text)
        else { return raw }
        let seconds = duration.components.seconds
        return seconds < 1 ? nil : RawValue(.scalar("\(seconds)s"), at: raw.place)
    }

    @Sendable private static func wholeSecondsByName(_ raw: RawValue) -> RawValue? {
        guard case .map(let pairs) = raw.content else { return raw }
        let kept = pairs.compactMap { pair in wholeSeconds(pair.value).map { (pair.key, $0) } }
        return RawValue(.map(kept.map { (key: $0.0, value: $0.1) }), at: raw.place)
    }

    @Sendable private static func logLevel(_ raw: RawValue) -> RawValue? {
        guard case .scalar(let text) = raw.content else { return raw }
        let names = ["warn": "warning", "err": "error"]
        let level = text.lowercased()
        return RawValue(.scalar(names[level] ?? level), at: raw.place)
    }

    @Sendable private static func logFormat(_ raw: RawValue) -> RawValue? {
        guard case .scalar(let text) = raw.content else { return raw }
        return RawValue(.scalar(text == "true" ? "json" : "text"), at: raw.place)
    }
}
