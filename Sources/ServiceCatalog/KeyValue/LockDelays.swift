internal import Synchronization

/// Keeps locks from being taken for a while after the session that held them has ended.
///
/// Why: the old holder may not know yet that it lost the lock. The delays are on this process's
/// clock and in its memory only, as in Consul: they end with it.
package final class LockDelays: CatalogListener {
    private let ends: Mutex<[[UInt8]: ContinuousClock.Instant]> = Mutex([:])
    private let now: @Sendable () -> ContinuousClock.Instant

    /// Follows the catalog from now on.
    package init(
        _ keeper: CatalogKeeper,
        now: @escaping @Sendable () -> ContinuousClock.Instant = { .now }
    ) {
        self.now = now
        keeper.add(self)
    }

    package func catalogDidChange(_ delta: CatalogDelta, in catalog: borrowing Catalog) {
        guard !delta.lockDelays.isEmpty else { return }
        let now = now()
        ends.withLock { ends in
            for delay in delta.lockDelays {
                let end = now + .milliseconds(delay.milliseconds)
                ends[Array(delay.key.utf8)] = max(ends[Array(delay.key.utf8)] ?? end, end)
            }
            if ends.count > 1_024 { ends = ends.filter { $0.value > now } }
        }
    }

    /// True while nobody may take the lock of `key`.
    package func isDelayed(_ key: String) -> Bool {
        let now = now()
        return ends.withLock { ends in
            guard !ends.isEmpty, let end = ends[Array(key.utf8)] else { return false }
            if end <= now { ends[Array(key.utf8)] = nil }
            return end > now
        }
    }
}
