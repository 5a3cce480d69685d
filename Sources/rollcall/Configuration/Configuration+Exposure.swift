internal import DNSResponder
internal import TransportSecurity

extension Configuration {
    /// An address that others can reach although nothing protects what is behind it.
    struct Exposure: Hashable, Sendable {
        var address: ListenAddress
        /// What anybody who reaches it can do.
        var risk: String
        /// What to do about it.
        var remedy: String
    }

    /// The listeners that strangers may reach without a token.
    var exposures: [Exposure] { exposedHTTP + exposedDNS }

    private var exposedHTTP: [Exposure] {
        guard !acl.isEnabled || acl.defaultPolicy == .allow else { return [] }
        let isOpen = tls.clientCertificates != .required
        return publicAddresses(httpListen + (isOpen ? httpsListen : [])).map { address in
            Exposure(
                address: address,
                risk: "anybody who reaches this address may read and change the catalog",
                remedy: "set acl.enabled: true and acl.default_policy: deny, or listen on 127.0.0.1"
                    + " behind a proxy with TLS and passwords"
            )
        }
    }

    private var exposedDNS: [Exposure] {
        guard !acl.isEnabled else { return [] }
        return publicAddresses(
            dnsListen + dns.encrypted.tlsListen + dns.encrypted.httpsListen
        ).map { address in
            Exposure(
                address: address,
                risk: "anybody who reaches this address may ask for every service and node",
                remedy: "set acl.enabled: true and acl.tokens.dns, or let a firewall admit your"
                    + " own networks only"
            )
        }
    }

    private func publicAddresses(_ addresses: [ListenAddress]) -> [ListenAddress] {
        addresses.filter { !$0.address.isLoopback }
    }
}
