internal import DNSResponder
internal import DNSWire
internal import ServiceCatalog
internal import Synchronization

/// Below which share of healthy instances a service is answered with all of them.
///
/// Why: when most of a service seems down, either the checks are wrong or the rest will not bear
/// the load; a client that tries several addresses is better off with all. Off by default, and
/// never for instances that drain or are in maintenance: somebody took those out.
package struct PanicThreshold: Hashable, Sendable {
    /// In percent; 0 for never.
    package var defaultPercent: Int
    package var perService: PerService<Int>

    package init(defaultPercent: Int = 0, perService: PerService<Int> = PerService()) {
        self.defaultPercent = defaultPercent
        self.perService = perService
    }

    /// True when no service has one.
    var isOff: Bool {
        defaultPercent == 0 && perService.exact.isEmpty && perService.prefixes.isEmpty
    }

    /// The threshold of `service` in percent; 0 for never.
    package func percent(_ service: String) -> Int { perService[service] ?? defaultPercent }

    /// True when `healthy` of `all` are too few.
    static func isPanic(healthy: Int, of all: Int, percent: Int) -> Bool {
        healthy < all && healthy * 100 < all * percent
    }

    /// What an answer with unhealthy instances says about itself.
    static func note(healthy: Int, of all: Int) -> ExtendedError {
        ExtendedError(
            infoCode: ExtendedError.other,
            extraText: "panic: \(healthy)/\(all) healthy, all returned"
        )
    }
}

/// The instances of a name that are answered, by their health or in spite of it.
struct AnsweredEndpoints {
    let endpoints: [Endpoint]
    let note: ExtendedError?
    /// True when unhealthy ones are among them.
    let isPanic: Bool

    init(_ all: [Endpoint], of service: String, _ settings: ServiceZoneSettings) {
        let healthy = all.filter { $0.isAnswered(onlyPassing: settings.onlyPassing) }
        let wanted = settings.panic.isOff ? all : all.filter { !$0.isWithheld }
        isPanic = PanicThreshold.isPanic(
            healthy: healthy.count,
            of: wanted.count,
            percent: settings.panic.percent(service)
        )
        endpoints = isPanic ? wanted : healthy
        note =
            isPanic
            ? PanicThreshold.note(healthy: healthy.count, of: wanted.count)
            : ServiceZone.unhealthyNote(all.count - healthy.count, of: all.count)
    }
}

extension ServiceZone {
    /// Services that are answered with all their instances now, as the panic threshold says.
    package var panickingServices: [String] { panicking.withLock { $0.sorted() } }

    /// Keeps account of the services that panic.
    func notePanic(_ isPanic: Bool, of service: String) {
        panicking.withLock { services in
            if isPanic {
                services.insert(Catalog.fold(service))
            } else if !services.isEmpty {
                services.remove(Catalog.fold(service))
            }
        }
    }

    /// True for an instance that an operator took out; looked for only where it matters.
    func isInMaintenance(
        _ instance: ServiceInstance,
        health: HealthStatus,
        _ catalog: borrowing Catalog
    ) -> Bool {
        guard health == .critical, !settings.panic.isOff else { return false }
        let ids = [
            HealthCheck.nodeMaintenanceID, HealthCheck.serviceMaintenanceID(instance.id),
        ]
        return ids.contains {
            catalog.check(CheckKey(node: instance.node, id: $0))?.status == .critical
        }
    }
}
