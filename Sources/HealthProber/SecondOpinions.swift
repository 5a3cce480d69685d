internal import ServiceCatalog

/// Verdicts that wait for another server's opinion.
///
/// Why: silence may be the way's fault and not the target's. Where several servers share the checks,
/// a target that does not answer is dead only once another server finds it so, too.
struct SecondOpinions: Sendable {
    /// A verdict that waits.
    struct Case: Sendable {
        var verdict: Hysteresis.Verdict
        var evidence: Prober.Evidence
        /// What was believed before.
        var before: HealthStatus
        /// Those that have not been asked yet.
        var servers: ArraySlice<String>
        var deadline: ProbeInstant
    }

    /// What became of a case.
    enum Outcome {
        /// Another server found the target alive.
        case dismissed(Case)
        /// Another server found it dead too, or none is left to ask.
        case confirmed(Case)
        /// The next server is asked.
        case passedOn(to: String)
    }

    private var cases: [CheckKey: Case] = [:]

    var count: Int { cases.count }

    /// No case is overdue before this.
    var nextDeadline: ProbeInstant? { cases.values.lazy.map(\.deadline).min() }

    func contains(_ check: CheckKey) -> Bool { cases[check] != nil }

    /// Begins a case; the first of its servers has been asked.
    mutating func open(_ check: CheckKey, _ new: Case) { cases[check] = new }

    /// Drops a case: something else is known by now.
    mutating func drop(_ check: CheckKey) { cases[check] = nil }

    /// Takes an opinion; `isAlive` is nil when the one who was asked abstains.
    ///
    /// - Returns: nil when no case waits for it.
    mutating func take(
        _ check: CheckKey,
        isAlive: Bool?,
        deadline: ProbeInstant
    ) -> Outcome? {
        guard var open = cases[check] else { return nil }
        switch isAlive {
        case true?:
            cases[check] = nil
            return .dismissed(open)
        case false?:
            cases[check] = nil
            return .confirmed(open)
        case nil:
            guard let next = open.servers.popFirst() else {
                cases[check] = nil
                return .confirmed(open)
            }
            open.deadline = deadline
            cases[check] = open
            return .passedOn(to: next)
        }
    }

    /// The checks about which nobody has answered in time.
    func overdue(now: ProbeInstant) -> [CheckKey] {
        guard !cases.isEmpty else { return [] }
        return cases.filter { $0.value.deadline <= now }.map(\.key)
    }
}
