internal import RegistryAPI
internal import ServiceCatalog

extension Configuration {
    /// What the stanzas of Consul's configuration files register on the local node.
    ///
    /// - Parameter node: the local node, when it still has another name than the settings say.
    /// - Throws: `ConfigurationError` for a service or check that breaks a rule.
    func consulRegistrations(
        onNode node: String? = nil
    ) throws(ConfigurationError) -> [Registration] {
        let definitions = ConsulDefinitions(
            localNode: node ?? nodeName,
            limits: limits,
            probeTargets: ProbeTargetPolicy(allowed: health.allowedNetworks)
        )
        var registrations: [Registration] = []
        for stanza in consulStanzas {
            do {
                registrations.append(
                    stanza.kind == .service
                        ? try definitions.registration(serviceStanza: stanza.json)
                        : try definitions.registration(checkStanza: stanza.json)
                )
            } catch {
                throw ConfigurationError(
                    stanza.place,
                    key: stanza.kind == .service ? "service" : "check",
                    error.description
                )
            }
        }
        return registrations
    }
}
