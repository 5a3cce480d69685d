import ServiceCatalog
import Synchronization

/// Remembers which leases and checks were renewed.
final class LeaseBook: HeartbeatReceiver {
    private let keeper: CatalogKeeper
    private let renewed: Mutex<(leases: [InstanceKey], checks: [CheckKey])> = Mutex(([], []))

    init(_ keeper: CatalogKeeper) {
        self.keeper = keeper
    }

    var renewedLeases: [InstanceKey] { renewed.withLock { $0.leases } }
    var renewedChecks: [CheckKey] { renewed.withLock { $0.checks } }

    func renewLease(of instance: InstanceKey) -> Lease? {
        renewed.withLock { $0.leases.append(instance) }
        return keeper.read { $0.instance(instance)?.lease }
    }

    func renewSession(_ id: String) -> Bool {
        keeper.read { $0.session(id)?.ttlMilliseconds != nil }
    }

    func renewCheck(_ check: CheckKey) -> Bool {
        renewed.withLock { $0.checks.append(check) }
        return keeper.read { catalog in
            if case .ttl = catalog.check(check)?.definition?.probe { true } else { false }
        }
    }
}
