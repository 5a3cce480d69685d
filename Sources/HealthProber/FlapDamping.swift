internal import Glibc
package import ServiceCatalog

/// Which checks fall and recover again and again, and what a recovery of theirs must show.
///
/// As the route flap damping of BGP (RFC 2439), with milder numbers, as RFC 7196 asks for: each
/// fall adds 1 to a penalty that halves in `halfLife`. From the second fall on a recovery needs
/// more successes in a row. At `fallsMax` the check is held down until the penalty is half of that;
/// as it never exceeds the double, a hold ends two half-lives after the last fall at the latest.
///
/// Nothing of this applies while no other instance of the service is up: one that comes and goes is
/// better than none.
/// Cost: only checks that fell lately are known here, and only changes of services with flapping
/// checks are looked at.
package struct FlapDamping: Sendable {
    /// The numbers of the rules.
    package struct Settings: Hashable, Sendable {
        /// Falls that begin a hold; 0 for none ever.
        package var fallsMax = 3
        package var halfLife: Duration = .seconds(120)

        package init() {}
    }

    /// What a success of a critical check is held to.
    package struct Demand: Hashable, Sendable {
        package static let none = Demand(extraSuccesses: 0, isHeld: false)

        package var extraSuccesses: Int
        package var isHeld: Bool
    }

    private struct Entry {
        var penalty: Double
        /// When the penalty was that.
        var at: ProbeInstant
        var isHeld = false
        /// Folded.
        var service: String
        var instance: InstanceKey
    }

    /// A service with flapping checks.
    private struct Followed {
        var checks: Set<CheckKey> = []
        /// Instances that are up, at most two: one beside any other.
        var up: [InstanceKey] = []
    }

    package let settings: Settings
    private var entries: [CheckKey: Entry] = [:]
    private var followed: [String: Followed] = [:]
    /// Checks that are held down, whether others are up or not.
    package private(set) var heldCount = 0

    private static let extraSuccessesMax = 5
    /// From here on a check flaps: two falls in less than a half-life.
    private static let flappingMin = 1.5
    /// What is left of less is forgotten.
    private static let penaltyMin = 0.5

    package init(settings: Settings = Settings()) {
        self.settings = settings
    }

    /// Checks that fell lately.
    package var count: Int { entries.count }

    /// Counts a fall to critical; keys have their nodes' names folded.
    ///
    /// - Returns: true when a hold begins.
    package mutating func noteFall(
        of check: CheckKey,
        instance: InstanceKey,
        service: String,
        now: ProbeInstant
    ) -> Bool {
        guard settings.fallsMax > 0 else { return false }
        let service = Catalog.fold(service)
        let limit = Double(settings.fallsMax)
        var entry =
            entries[check] ?? Entry(penalty: 0, at: now, service: service, instance: instance)
        entry.penalty = min(penalty(entry, now: now) + 1, 2 * limit)
        entry.at = now
        // Three falls in short order have decayed to a little less than three.
        let begins = !entry.isHeld && entry.penalty >= limit - 0.5
        if begins {
            entry.isHeld = true
            heldCount += 1
        }
        entries[check] = entry
        if begins || entry.penalty >= Self.flappingMin {
            followed[service, default: Followed()].checks.insert(check)
        }
        return begins
    }

    /// What a success of `check` is held to now.
    package mutating func demand(of check: CheckKey, now: ProbeInstant) -> Demand {
        guard !entries.isEmpty, var entry = entries[check] else { return .none }
        let penalty = penalty(entry, now: now)
        if entry.isHeld, penalty < Double(settings.fallsMax) / 2 {
            entry.isHeld = false
            heldCount -= 1
            entries[check] = entry
        }
        guard penalty >= Self.penaltyMin else {
            remove(check)
            return .none
        }
        guard let service = followed[entry.service], service.checks.contains(check),
            service.up.contains(where: { $0 != entry.instance })
        else { return .none }
        let extra = min(max(Int(penalty.rounded()) - 1, 0), Self.extraSuccessesMax)
        return Demand(extraSuccesses: extra, isHeld: entry.isHeld)
    }

    package mutating func remove(_ check: CheckKey) {
        guard !entries.isEmpty, let entry = entries.removeValue(forKey: check) else { return }
        if entry.isHeld { heldCount -= 1 }
        followed[entry.service]?.checks.remove(check)
        if followed[entry.service]?.checks.isEmpty == true { followed[entry.service] = nil }
    }

    /// Looks again who else is up in the services that changed.
    ///
    /// - Returns: the checks whose service has nobody else any more.
    package mutating func catalogChanged(
        _ delta: CatalogDelta,
        in catalog: borrowing Catalog
    ) -> Set<CheckKey> {
        guard !followed.isEmpty else { return [] }
        var alone: Set<CheckKey> = []
        for service in delta.services {
            let name = Catalog.fold(service)
            guard let known = followed[name] else { continue }
            var up = known.up.filter { Self.isUp($0, service: name, in: catalog) }
            if up.count < 2 { up = Self.firstUp(ofService: service, in: catalog) }
            followed[name]?.up = up
            for check in known.checks {
                guard let own = entries[check]?.instance else { continue }
                let had = known.up.contains { $0 != own }
                if had, !up.contains(where: { $0 != own }) { alone.insert(check) }
            }
        }
        return alone
    }

    private func penalty(_ entry: Entry, now: ProbeInstant) -> Double {
        let halfLives = (now - entry.at).seconds / max(settings.halfLife.seconds, 0.001)
        return entry.penalty * exp2(-max(halfLives, 0))
    }

    private static func isUp(
        _ key: InstanceKey,
        service: String,
        in catalog: borrowing Catalog
    ) -> Bool {
        guard let instance = catalog.instance(key), !instance.isDraining,
            Catalog.fold(instance.service) == service
        else { return false }
        return catalog.health(key) < .critical
    }

    private static func firstUp(
        ofService service: String,
        in catalog: borrowing Catalog
    ) -> [InstanceKey] {
        var up: [InstanceKey] = []
        catalog.forEachInstance(ofService: service) { instance, _, health in
            guard up.count < 2, health < .critical, !instance.isDraining else { return }
            up.append(Prober.folded(instance.key))
        }
        return up
    }
}
