internal import DNSResponder
internal import EncryptedDNS
internal import RegistryAPI
internal import ServiceCatalog

extension Daemon {
    /// The ready line, on stdout for scripts and to the service manager.
    func announce(
        _ registry: Registry,
        _ responder: Responder,
        _ api: APIService,
        _ encrypted: EncryptedDNSService?
    ) {
        let listeners: [(name: String, addresses: [String])] = [
            ("dns", responder.boundAddresses.map(\.description)),
            ("http", api.addresses.map(Self.text)),
            ("https", api.secureAddresses.map(Self.text)),
            ("dns-over-tls", (encrypted?.tlsAddresses ?? []).map(\.description)),
            ("dns-over-https", (encrypted?.httpsAddresses ?? []).map(\.description)),
        ]
        let places = listeners.filter { !$0.addresses.isEmpty }
            .map { "\($0.name) \($0.addresses.joined(separator: ","))" }
            .joined(separator: ", ")
        let (services, instances) = registry.keeper.read { ($0.serviceCount, $0.instanceCount) }
        TextOutput.printLine(
            "rollcall \(RollcallCommand.version) is ready: \(places), "
                + "\(services) services, \(instances) instances"
        )
    }

    private static func text(_ address: (host: String, port: Int)) -> String {
        address.host.contains(":")
            ? "[\(address.host)]:\(address.port)" : "\(address.host):\(address.port)"
    }
}
