/// What a configuration is made of: flags, the environment and, through either, a file.
struct ConfigurationSources: Sendable {
    /// Values of flags by key, such as `dns_listen`.
    var flags: [String: [String]]
    var environment: [String: String]
    var host: HostFacts
    /// Returns the text of a file or throws a text that says why it cannot be read.
    var readFile: @Sendable (String) throws(FileReadFailure) -> String

    init(
        flags: [String: [String]] = [:],
        environment: [String: String],
        host: HostFacts = .current,
        readFile: @escaping @Sendable (String) throws(FileReadFailure) -> String = readTextFile
    ) {
        self.flags = flags
        self.environment = environment
        self.host = host
        self.readFile = readFile
    }

    /// Reads every source again and checks the result as a whole.
    func load() throws(ConfigurationError) -> Configuration {
        var configuration = Configuration(host: host)
        var given: [(setting: Setting, value: RawValue)] = []
        if let path = try filePath() {
            configuration.file = path
            given += try ConfigurationFile(path: path, readFile: readFile).values()
        }
        given += environmentValues + flagValues
        // Files of Consul are named by our settings, and give way to them.
        for (setting, value) in given where setting.key == "consul_config" {
            try setting.store(value, &configuration)
        }
        var consul: [(setting: Setting, value: RawValue)] = []
        for path in configuration.consulFiles {
            let file = try ConsulConfigurationFile(path: path, readFile: readFile)
            consul += file.values
            configuration.consulStanzas += file.stanzas
            configuration.unusedConsulOptions += file.unusedOptions
        }
        var places: [String: ConfigurationError.Place] = [:]
        for (setting, value) in consul + given {
            try setting.store(value, &configuration)
            places[setting.key] = value.place
        }
        if flags["ephemeral"] != nil, flags["data_dir"] != nil {
            throw ConfigurationError(
                .flag(name: "--ephemeral"),
                "excludes --data-dir; give one of the two"
            )
        }
        try configuration.acl.loadSecrets(places, readFile)
        try configuration.cluster.loadSecrets(places, readFile)
        try configuration.dns.protection.loadSecrets(places, readFile)
        try configuration.validate(places)
        _ = try configuration.consulRegistrations()
        return configuration
    }

    private var environmentValues: [(setting: Setting, value: RawValue)] {
        Setting.all.compactMap { setting in
            let variable = Self.variable(for: setting.key)
            guard let text = environment[variable], !text.isEmpty else { return nil }
            return (setting, setting.rawValue(ofVariable: variable, text: text))
        }
    }

    private var flagValues: [(setting: Setting, value: RawValue)] {
        Setting.all.compactMap { setting in
            guard let texts = flags[setting.key], !texts.isEmpty else { return nil }
            let place = ConfigurationError.Place.flag(name: Self.flagName(for: setting.key))
            let items = texts.map { RawValue(.scalar($0), at: place) }
            return (setting, items.count == 1 ? items[0] : RawValue(.list(items), at: place))
        }
    }

    /// Variables that start like ours and mean nothing: worth a warning, for they may be misspelt.
    var unknownVariables: [String] {
        let known = Set(Setting.all.map { Self.variable(for: $0.key) })
            .union(["ROLLCALL_CONFIG", "ROLLCALL_HTTP_ADDR", "ROLLCALL_DNS_ADDR", "ROLLCALL_TOKEN"])
            .union(["ROLLCALL_CA_FILE", "ROLLCALL_CLIENT_CERT", "ROLLCALL_CLIENT_KEY"])
        return environment.keys.filter { $0.hasPrefix("ROLLCALL_") && !known.contains($0) }.sorted()
    }

    private func filePath() throws(ConfigurationError) -> String? {
        if let path = flags["config"]?.last {
            guard !path.isEmpty else {
                throw ConfigurationError(.flag(name: "--config"), "expected a file, found \"\"")
            }
            return path
        }
        return environment["ROLLCALL_CONFIG"].flatMap { $0.isEmpty ? nil : $0 }
    }

    /// `dns.ttl.services` is `ROLLCALL_DNS_TTL_SERVICES`.
    static func variable(for key: String) -> String {
        "ROLLCALL_" + String(key.map { $0 == "." ? "_" : $0 }).uppercased()
    }

    /// `data_dir` is `--data-dir`, `etcd.user` is `--etcd-user`.
    static func flagName(for key: String) -> String {
        switch key {
        case "cluster.name": "--cluster"
        case "etcd.endpoints": "--etcd"
        case "cluster.accept_offline_registrations": "--accept-offline-registrations"
        default: "--" + String(key.map { $0 == "_" || $0 == "." ? "-" : $0 })
        }
    }
}

extension Setting {
    /// A variable's text: lists are separated by commas, mappings are `name=value` pairs.
    fileprivate func rawValue(ofVariable variable: String, text: String) -> RawValue {
        let place = ConfigurationError.Place.environment(variable: variable)
        let scalar = { (part: Substring) in
            RawValue(.scalar(String(part.drop { $0 == " " }.trimmingSuffix(" "))), at: place)
        }
        switch show(Configuration(host: HostFacts(hostName: "", cores: 1))) {
        case .list:
            return RawValue(.list(text.split(separator: ",").map(scalar)), at: place)
        case .map:
            let pairs = text.split(separator: ",").map { pair in
                let parts = pair.split(
                    separator: "=",
                    maxSplits: 1,
                    omittingEmptySubsequences: false
                )
                return (key: scalar(parts[0]), value: scalar(parts.count == 2 ? parts[1] : ""))
            }
            return RawValue(.map(pairs), at: place)
        default:
            return RawValue(.scalar(text), at: place)
        }
    }
}

extension Substring {
    fileprivate func trimmingSuffix(_ character: Character) -> Substring {
        var text = self
        while text.last == character { text = text.dropLast() }
        return text
    }
}
