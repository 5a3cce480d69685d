internal import DNSForwarder
internal import DNSResponder
internal import DNSZones
internal import EncryptedDNS
internal import Logging
internal import ServiceCatalog
internal import ServiceLifecycle
internal import TransportSecurity
internal import UnixSignals

/// Reads configuration and zones again on SIGHUP; what is wrong changes nothing.
struct Reloader: Service {
    let sources: ConfigurationSources
    /// What the server was started with.
    let started: Configuration
    let registry: Registry
    let responder: Responder
    let encryption: EncryptedListeners
    let notify: SystemdNotify
    /// Nil while no record of writes is kept.
    let audit: AuditLog?
    let logger: Logger
    /// Tells that the server is ready.
    let announce: @Sendable () -> Void

    /// What takes effect without a restart.
    private static let reloadedKeys: Set = [
        "zones_dir", "dns.ttl.services", "dns.ttl.nodes", "dns.ttl.per_service",
        "dns.negative_ttl", "dns.soa.refresh", "dns.soa.retry", "dns.soa.expire",
        "dns.name_server.addresses", "dns.mailbox", "dns.only_passing", "dns.node_meta_txt",
        "dns.a_record_limit", "dns.a_record_limit_per_service", "dns.udp_answer_limit",
        "health.panic_threshold", "health.panic_threshold_per_service",
    ]
    /// The same for a server that was started with recursors; one without sets no RA.
    private static let recursionKeys = Set(Setting.recursion.map(\.key))

    private static let problemCode = "reload_refused"
    private static let certificateProblemCode = "certificate_refused"
    private static let encryptionKeys = Set(Setting.tls.map(\.key))

    /// Announces, then reloads at each SIGHUP.
    ///
    /// Why it announces: who reads the ready line may send a signal at once, so all are trapped
    /// before. The group that runs this has trapped its own by now.
    func run() async throws {
        let signals = await UnixSignalsSequence(trapping: .sighup)
        announce()
        notify.send(.ready)
        for await _ in signals.cancelOnGracefulShutdown() {
            notify.send(.reloading)
            audit?.reopen()
            await reload()
            notify.send(.ready)
        }
    }

    private func reload() async {
        let new: Configuration
        let folder: ZoneFolder
        do {
            new = try sources.load()
            // The catalog's domains stay those of the start.
            folder = try new.loadZones(startedAs: started)
            // So does the node's name.
            let registrations = try new.consulRegistrations(onNode: started.agentNodeName)
            try await registry.registerConfigured(registrations)
        } catch {
            logger.error(
                "reload refused, the old settings and zones stay",
                metadata: ["error": "\(error)"]
            )
            registry.problems.begin(
                Problem(
                    code: Self.problemCode,
                    text: "the settings or zones in force are not those of the files: \(error)",
                    remedy: "mend what it names and send SIGHUP again"
                )
            )
            return
        }
        registry.problems.end(Self.problemCode)
        let old = registry.fallback.current
        for warning in folder.warnings + folder.zones.serialWarnings(since: old) {
            logger.warning("doubtful zone file", metadata: ["warning": "\(warning)"])
        }
        let changes = StaticZoneCompiler.changes(from: old, to: folder.zones)
        replace(folder.zones, changes, new.serviceZone(beside: folder.zones))
        responder.replaceProtection(new.dns.protection.settings)
        encryption.dns?.replaceProtection(new.dns.protection.settings)
        var taken = Self.reloadedKeys.union(Setting.protection.map(\.key))
        if let forwarder = registry.forwarder {
            forwarder.replace(new.forwarder)
            taken.formUnion(Self.recursionKeys)
        }
        if encryption.credentials != nil {
            reloadCertificate(new)
            taken.formUnion(Self.encryptionKeys)
        }
        let waiting = new.keysChanged(from: started).filter { !taken.contains($0) }
        if !waiting.isEmpty {
            logger.warning(
                "changed settings wait for the next start",
                metadata: ["keys": "\(waiting.joined(separator: ", "))"]
            )
        }
        logger.info(
            "reloaded",
            metadata: [
                "zones": "\(folder.zones.zones.count)", "changes": "\(changes.count)",
            ]
        )
    }

    /// Reads the certificate again, which may have changed although no setting has; a bad one leaves
    /// the old one in force.
    private func reloadCertificate(_ new: Configuration) {
        guard let credentials = encryption.credentials, let settings = new.transportSecurity else {
            return
        }
        do {
            try credentials.replace(settings)
        } catch {
            logger.error(
                "certificate refused, the old one stays",
                metadata: ["error": "\(error)"]
            )
            registry.problems.begin(
                Problem(
                    code: Self.certificateProblemCode,
                    text: "the certificate in force is not the one of the files: \(error)",
                    remedy: "mend the file and send SIGHUP again"
                )
            )
            return
        }
        registry.problems.end(Self.certificateProblemCode)
        if let warning = credentials.warning {
            logger.warning("doubtful certificate", metadata: ["warning": "\(warning)"])
        }
    }

    /// Names of the catalog leave what becomes a zone file's before that comes, and take what it
    /// leaves after it has gone.
    private func replace(
        _ zones: StaticZoneSet,
        _ changes: [TableChange],
        _ settings: ServiceZoneSettings
    ) {
        var between = settings
        between.staticApexes.formUnion(registry.fallback.current.zones.keys)
        func apply(_ settings: ServiceZoneSettings) {
            registry.keeper.read { registry.serviceZone.replaceSettings(settings, for: $0) }
        }
        apply(between)
        registry.publish(changes)
        registry.fallback.replace(zones)
        apply(settings)
    }
}
