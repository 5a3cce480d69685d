internal import ServiceCatalog

/// The `acl` section: who may do what.
struct ACLSettings: Hashable, Sendable {
    /// What holds where no rule of a token says anything.
    enum DefaultPolicy: String, CaseIterable, Hashable, Sendable {
        case allow
        case deny
    }

    var isEnabled = false
    var defaultPolicy = DefaultPolicy.allow
    /// Written as a management token at the start, unless one has it already.
    var initialManagement: Secret?
    /// Acts for requests without a token.
    var defaultToken: Secret?
    /// Decides what DNS shows.
    var dnsToken: Secret?

    /// As the rooms take it.
    var access: AccessSettings {
        AccessSettings(
            isEnabled: isEnabled,
            allowsByDefault: defaultPolicy == .allow,
            defaultSecret: defaultToken?.value,
            dnsSecret: dnsToken?.value
        )
    }

    /// Reads the secrets that are in files.
    mutating func loadSecrets(
        _ places: [String: ConfigurationError.Place],
        _ readFile: (String) throws(FileReadFailure) -> String
    ) throws(ConfigurationError) {
        let secrets: [(key: String, path: WritableKeyPath<ACLSettings, Secret?>)] = [
            ("acl.tokens.initial_management", \.initialManagement),
            ("acl.tokens.default", \.defaultToken), ("acl.tokens.dns", \.dnsToken),
        ]
        for (key, path) in secrets {
            guard var secret = self[keyPath: path] else { continue }
            do {
                try secret.load(readFile)
            } catch {
                throw ConfigurationError(
                    places[key] ?? .builtIn,
                    key: key,
                    "\(secret.file ?? ""): \(error.problem)"
                )
            }
            self[keyPath: path] = secret
        }
    }
}

extension SettingForm where Value == ACLSettings.DefaultPolicy {
    static var defaultPolicy: SettingForm {
        SettingForm(
            expected: "allow or deny",
            parse: { Value(rawValue: $0) },
            show: { .text($0.rawValue) }
        )
    }
}
