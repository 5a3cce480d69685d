internal import DNSResponder
internal import DNSZones
internal import Logging
internal import ServiceCatalog
internal import ServiceLifecycle
internal import UnixSignals

/// Reads configuration and zones again on SIGHUP; what is wrong changes nothing.
struct Reloader: Service {
    let sources: ConfigurationSources
    /// What the server was started with.
    let started: Configuration
    let registry: Registry
    let notify: SystemdNotify
    let logger: Logger
    /// Tells that the server is ready.
    let announce: @Sendable () -> Void

    /// Announces, then reloads at each SIGHUP.
    ///
    /// Why it announces: who reads the ready line may send a signal at once, so all are trapped before.
    /// The group that runs this has trapped its own by now.
    func run() async throws {
        let signals = await UnixSignalsSequence(trapping: .sighup)
        announce()
        notify.send(.ready)
        for await _ in signals.cancelOnGracefulShutdown() {
            notify.send(.reloading)
            reload()
            notify.send(.ready)
        }
    }

    private func reload() {
        let new: Configuration
        let folder: ZoneFolder
        do {
            new = try sources.load()
            // The catalog's domains stay those of the start.
            folder = try new.loadZones(startedAs: started)
        } catch {
            logger.error(
                "reload refused, the old settings and zones stay",
                metadata: ["error": "\(error)"]
            )
            return
        }
        let old = registry.fallback.current
        for warning in folder.warnings + folder.zones.serialWarnings(since: old) {
            logger.warning("doubtful zone file", metadata: ["warning": "\(warning)"])
        }
        let changes = StaticZoneCompiler.changes(from: old, to: folder.zones)
        replace(folder.zones, changes, new.serviceZone(beside: folder.zones))
        if new.needsRestart(after: started) {
            logger.warning("some changed settings take effect at the next start only")
        }
        logger.info(
            "reloaded",
            metadata: [
                "zones": "\(folder.zones.zones.count)", "changes": "\(changes.count)",
            ]
        )
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

extension Configuration {
    /// True when a setting differs that is only read at the start: all but zones and answers.
    fileprivate func needsRestart(after old: Configuration) -> Bool {
        var new = self
        new.zonesDirectory = old.zonesDirectory
        new.dns.serviceTTLSeconds = old.dns.serviceTTLSeconds
        new.dns.ttlSecondsPerService = old.dns.ttlSecondsPerService
        new.dns.nodeTTLSeconds = old.dns.nodeTTLSeconds
        new.dns.negativeTTLSeconds = old.dns.negativeTTLSeconds
        new.dns.nameServerAddresses = old.dns.nameServerAddresses
        new.dns.mailboxLabel = old.dns.mailboxLabel
        new.dns.answersOnlyPassing = old.dns.answersOnlyPassing
        new.host = old.host
        return new != old
    }
}
