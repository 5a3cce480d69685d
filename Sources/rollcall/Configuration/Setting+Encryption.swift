internal import DNSResponder
internal import TransportSecurity

extension Setting {
    /// Where the API is served over TLS.
    static let httpsListen: [Setting] = [
        .list(
            "https_listen",
            \.httpsListen,
            .listenAddress(such: "127.0.0.1:8501"),
            mayBeEmpty: true
        )
    ]

    /// The keys about encrypted DNS.
    static let encryptedDNS: [Setting] = [
        .list(
            "dns.tls_listen",
            \.dns.encrypted.tlsListen,
            .listenAddress(such: "127.0.0.1:853"),
            mayBeEmpty: true
        ),
        .list(
            "dns.https_listen",
            \.dns.encrypted.httpsListen,
            .listenAddress(such: "127.0.0.1:443"),
            mayBeEmpty: true
        ),
        .one(
            "dns.encrypted.connections_max",
            \.dns.encrypted.connectionsMax,
            .number(1...1_000_000)
        ),
        .one(
            "dns.encrypted.connections_per_client_max",
            \.dns.encrypted.connectionsPerClientMax,
            .number(1...1_000_000)
        ),
        .one(
            "dns.encrypted.idle_timeout",
            \.dns.encrypted.idleTimeout,
            .duration(such: "30s", .seconds(1) ... .seconds(3600))
        ),
    ]

    /// The keys about certificates.
    static let tls: [Setting] = [
        .one("tls.certificate", \.tls.certificate, .fileOrNone),
        .one("tls.key", \.tls.key, .fileOrNone),
        .one("tls.client_ca", \.tls.clientAuthority, .fileOrNone),
        .one("tls.client_certificates", \.tls.clientCertificates, .clientCertificates),
        .one("tls.minimum_version", \.tls.minimumVersion, .tlsVersion),
        .one(
            "tls.handshake_timeout",
            \.tls.handshakeTimeout,
            .duration(such: "10s", .milliseconds(100) ... .seconds(600))
        ),
    ]
}

extension SettingForm where Value == String? {
    /// A file's path; nothing for none.
    fileprivate static var fileOrNone: SettingForm {
        SettingForm(
            expected: "a file",
            parse: { .some($0.isEmpty ? nil : $0) },
            show: { .text($0 ?? "") }
        )
    }
}

extension SettingForm where Value == TLSSettings.ClientCertificates {
    fileprivate static var clientCertificates: SettingForm {
        SettingForm(
            expected: "off, optional or required",
            parse: { Value(rawValue: $0) },
            show: { .text($0.rawValue) }
        )
    }
}

extension SettingForm where Value == TLSSettings.Version {
    fileprivate static var tlsVersion: SettingForm {
        SettingForm(
            expected: "1.2 or 1.3",
            parse: { Value(rawValue: $0) },
            show: { .text($0.rawValue) }
        )
    }
}

extension Configuration {
    /// Checks what the keys about encryption say together.
    func validateEncryption(
        _ failure: (_ keys: [String], _ problem: String) -> ConfigurationError
    ) throws(ConfigurationError) {
        guard !httpListen.isEmpty || !httpsListen.isEmpty else {
            throw failure(["http_listen"], "is empty, and so is https_listen; give one of the two")
        }
        let listeners = [
            ("https_listen", httpsListen), ("dns.tls_listen", dns.encrypted.tlsListen),
            ("dns.https_listen", dns.encrypted.httpsListen),
        ]
        for (key, addresses) in listeners where !addresses.isEmpty {
            guard tls.certificate != nil, tls.key != nil else {
                throw failure([key], "needs a certificate: give tls.certificate and tls.key")
            }
        }
        guard tls.clientCertificates == .off || tls.clientAuthority != nil else {
            throw failure(
                ["tls.client_certificates"],
                "\(tls.clientCertificates.rawValue) needs tls.client_ca, which signs them"
            )
        }
    }
}
