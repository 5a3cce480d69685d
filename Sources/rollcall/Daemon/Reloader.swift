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

    func run() async throws {
        let signals = await UnixSignalsSequence(trapping: .sighup)
        for await _ in signals.cancelOnGracefulShutdown() {
            notify.send(.reloading)
            reload()
            notify.send(.ready)
        }
    }

    private func reload() {
        let new: Configuration
        let zones: (zones: StaticZoneSet, warnings: [ZoneFileWarning])
        do {
            new = try sources.load()
            // The catalog's domains stay those of the start.
            var directory = ZonesDirectory(started)
            directory.path = new.zonesDirectory
            zones = try directory.load()
        } catch {
            logger.error(
                "reload refused, the old configuration stays",
                metadata: ["error": "\(error)"]
            )
            return
        }
        for warning in zones.warnings {
            logger.warning("doubtful zone file", metadata: ["warning": "\(warning)"])
        }
        let changes = StaticZoneCompiler.changes(
            from: registry.fallback.current,
            to: zones.zones
        )
        registry.fallback.replace(zones.zones)
        registry.publish(changes)
        let isReplaced = registry.keeper.read { catalog in
            registry.serviceZone.replaceSettings(new.serviceZone, for: catalog)
        }
        if !isReplaced || new.needsRestart(after: started) {
            logger.warning("some changed settings take effect at the next start only")
        }
        logger.info(
            "reloaded",
            metadata: ["zones": "\(zones.zones.zones.count)", "changes": "\(changes.count)"]
        )
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
