internal import TransportSecurity

/// The `tls` section: what all encrypted listeners show, and who must show something to the API.
struct TLSFiles: Hashable, Sendable {
    var certificate: String?
    var key: String?
    var clientAuthority: String?
    var clientCertificates = TLSSettings.ClientCertificates.off
    var minimumVersion = TLSSettings.Version.tls12
    var handshakeTimeout = Duration.seconds(10)
}

extension Configuration {
    /// How listeners are encrypted; nil when none is.
    var transportSecurity: TLSSettings? {
        guard !httpsListen.isEmpty || dns.encrypted.isUsed,
            let certificate = tls.certificate, let key = tls.key
        else { return nil }
        var settings = TLSSettings(certificateFile: certificate, keyFile: key)
        settings.clientAuthorityFile = tls.clientAuthority
        settings.clientCertificates = tls.clientCertificates
        settings.minimumVersion = tls.minimumVersion
        settings.handshakeTimeout = tls.handshakeTimeout
        return settings
    }
}
