internal import DNSResponder
internal import DNSWire

/// The part of the `dns` section about whom to answer, and how much.
struct ProtectionOptions: Hashable, Sendable {
    var cookies = ProtectionSettings.Cookies.on
    /// The first signs, all verify; empty for one made up at the start.
    var cookieSecrets: [Secret] = []
    var responsesPerSecond = 0
    var slip = 2
    var rateExemptNetworks = ["127.0.0.0/8", "::1/128"].compactMap { NetworkPrefix($0) }
    /// Empty: all clients.
    var allowedClients: [NetworkPrefix] = []
    /// Who may have whole zones; empty: nobody.
    var transferClients: [NetworkPrefix] = []
    var connectionsPerClientMax = 128

    private static let secretsKey = "dns.cookie_secrets"

    /// As the responder takes it; the secrets have been loaded.
    var settings: ProtectionSettings {
        ProtectionSettings(
            cookies: cookies,
            cookieSecrets: cookieSecrets.compactMap { CookieSecret(hexadecimal: $0.value) },
            responsesPerSecond: responsesPerSecond,
            slip: slip,
            rateExemptNetworks: rateExemptNetworks,
            allowedClients: allowedClients,
            transferClients: transferClients
        )
    }

    /// Reads the secrets that are in files, and checks all; no error shows any of one.
    mutating func loadSecrets(
        _ places: [String: ConfigurationError.Place],
        _ readFile: (String) throws(FileReadFailure) -> String
    ) throws(ConfigurationError) {
        let place = places[Self.secretsKey] ?? .builtIn
        for index in cookieSecrets.indices {
            let source = cookieSecrets[index].file.map { "\($0): " } ?? ""
            do {
                try cookieSecrets[index].load(readFile)
            } catch {
                throw ConfigurationError(place, key: Self.secretsKey, source + error.problem)
            }
            guard CookieSecret(hexadecimal: cookieSecrets[index].value) != nil else {
                throw ConfigurationError(
                    place,
                    key: Self.secretsKey,
                    "\(source)expected 32 hexadecimal digits, such as `openssl rand -hex 16` prints,"
                        + " in secret \(index + 1)"
                )
            }
        }
    }
}
