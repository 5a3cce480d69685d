internal import DNSResponder
internal import DNSWire

extension Configuration {
    /// Checks what one setting alone cannot tell; `places` says where each value came from.
    func validate(
        _ places: [String: ConfigurationError.Place]
    ) throws(ConfigurationError) {
        func failure(_ keys: [String], _ problem: String) -> ConfigurationError {
            let key = keys.first { places[$0] != nil } ?? keys[0]
            return ConfigurationError(places[key] ?? .builtIn, key: key, problem)
        }
        guard leases.ttlMin <= leases.ttlMax else {
            throw failure(
                ["leases.ttl_min", "leases.ttl_max"],
                "expected ttl_min (\(DurationText.text(leases.ttlMin))) to be at most"
                    + " ttl_max (\(DurationText.text(leases.ttlMax)))"
            )
        }
        guard (leases.ttlMin...leases.ttlMax).contains(leases.ttlDefault) else {
            throw failure(
                ["leases.ttl_default", "leases.ttl_min", "leases.ttl_max"],
                "expected ttl_default (\(DurationText.text(leases.ttlDefault))) to be between"
                    + " ttl_min (\(DurationText.text(leases.ttlMin))) and"
                    + " ttl_max (\(DurationText.text(leases.ttlMax)))"
            )
        }
        for inner in domains {
            for outer in domains where inner != outer && inner.isSubdomain(of: outer) {
                throw failure(["domain"], "\(inner) lies inside \(outer); give one of the two")
            }
        }
        guard dns.nameServerLabel != "service", dns.nameServerLabel != "node" else {
            throw failure(
                ["dns.name_server.label"],
                "expected a label such as ns, found \"\(dns.nameServerLabel)\", which names a"
                    + " branch of the catalog"
            )
        }
        try validateEncryption(failure)
        try validateCluster(failure)
        if let recursor = recursorThatIsThisServer {
            throw failure(
                ["dns.recursors", "dns_listen"],
                "\(recursor) is where this server listens itself; give a recursive server"
            )
        }
        for address in dnsListen where address.port != 0 && httpListen.contains(address) {
            throw failure(
                ["http_listen", "dns_listen"],
                "\(address) is taken by dns_listen; DNS over TCP and HTTP need different ports"
            )
        }
    }

    /// The keys whose values differ, for what a reload can and cannot change.
    func keysChanged(from other: Configuration) -> [String] {
        Setting.all.filter { $0.show(self) != $0.show(other) }.map(\.key)
    }
}
