internal import DNSResponder
internal import EncryptedDNS

/// The part of the `dns` section that is about encrypted transports.
struct EncryptedDNSListening: Hashable, Sendable {
    /// DNS over TLS.
    var tlsListen: [ListenAddress] = []
    /// DNS over HTTPS.
    var httpsListen: [ListenAddress] = []
    var connectionsMax = 1024
    var connectionsPerClientMax = 64
    var idleTimeout = Duration.seconds(30)

    var isUsed: Bool { !tlsListen.isEmpty || !httpsListen.isEmpty }
}

extension Configuration {
    /// As the room takes it.
    var encryptedDNS: EncryptedDNSSettings {
        var settings = EncryptedDNSSettings()
        settings.tlsListen = dns.encrypted.tlsListen
        settings.httpsListen = dns.encrypted.httpsListen
        settings.threads = workers
        settings.connectionsMax = dns.encrypted.connectionsMax
        settings.connectionsPerClientMax = dns.encrypted.connectionsPerClientMax
        settings.idleTimeout = dns.encrypted.idleTimeout
        return settings
    }
}
