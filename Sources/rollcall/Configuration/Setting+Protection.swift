internal import DNSResponder
internal import DNSWire

extension Setting {
    /// The keys about whom DNS answers, and how much.
    static let protection: [Setting] = [
        .one("dns.cookies", \.dns.protection.cookies, .cookies),
        .cookieSecrets,
        .one(
            "dns.rate_limit.responses_per_second",
            \.dns.protection.responsesPerSecond,
            .number(0...ProtectionSettings.responsesPerSecondMax)
        ),
        .one("dns.rate_limit.slip", \.dns.protection.slip, .number(0...100)),
        .list(
            "dns.rate_limit.exempt_networks",
            \.dns.protection.rateExemptNetworks,
            .network,
            mayBeEmpty: true
        ),
        .list("dns.allowed_clients", \.dns.protection.allowedClients, .network, mayBeEmpty: true),
        .list("dns.transfer_clients", \.dns.protection.transferClients, .network, mayBeEmpty: true),
    ]

    /// Unlike other lists it shows nothing of a value that is wrong or given twice.
    private static let cookieSecrets = Setting(
        key: "dns.cookie_secrets",
        store: { (raw, configuration) throws(ConfigurationError) in
            let items: [RawValue]
            if case .list(let elements) = raw.content { items = elements } else { items = [raw] }
            var secrets: [Secret] = []
            for item in items {
                guard case .scalar(let text) = item.content, !text.isEmpty else {
                    throw ConfigurationError(
                        item.place,
                        key: "dns.cookie_secrets",
                        "expected secrets of 32 hexadecimal digits, or file: and a path"
                    )
                }
                secrets.append(Secret(text))
            }
            configuration.dns.protection.cookieSecrets = secrets
        },
        show: { .list($0.dns.protection.cookieSecrets.map { .text($0.shown) }) }
    )
}

extension SettingForm where Value == ProtectionSettings.Cookies {
    fileprivate static var cookies: SettingForm {
        SettingForm(
            expected: "off, on or required",
            parse: { Value(rawValue: $0) },
            show: { .text($0.rawValue) }
        )
    }
}
