package import ServiceCatalog

/// When to believe a probe: consecutive results count, single ones do not.
///
/// The rules, as in Consul: the first result of a new check applies at once, good or bad. After
/// that `successesBeforePassing` consecutive successes (passing or warning) end a critical
/// state; `failuresBeforeCritical` consecutive failures begin one, and between
/// `failuresBeforeWarning` and that the status is warning. Unlike Consul, a failure never makes a
/// status better.
package struct Hysteresis: Hashable, Sendable {
    /// What is believed.
    package private(set) var status: HealthStatus
    private var successes: UInt16 = 0
    private var failures: UInt16 = 0
    /// True until the first result.
    private(set) var isNew: Bool

    /// Starts from a known status; `isNew` when no probe has confirmed it yet.
    package init(status: HealthStatus, isNew: Bool) {
        self.status = status
        self.isNew = isNew
    }

    /// What was made of a result.
    package struct Verdict: Hashable, Sendable {
        package var status: HealthStatus
        /// The probe's words, with the count where it is short of a threshold.
        package var output: String
        /// True when the status would be worse, had it not been held.
        package var isHeld: Bool
        /// True after a failure that needs more to be believed.
        package var needsConfirmation: Bool
        /// Results in a row of those that it takes, such as `3/3`.
        package var count: String
    }

    /// Counts a result.
    ///
    /// With `holdsWorse` the status does not become worse, but failures are counted, so that the
    /// first one after the hold decides. `demand` is what flapping asks of a recovery.
    package mutating func observe(
        _ result: ProbeResult,
        of check: CheckDefinition,
        demand: FlapDamping.Demand = .none,
        holdsWorse: Bool = false
    ) -> Verdict {
        result.isFailure
            ? observeFailure(result, of: check, holdsWorse: holdsWorse)
            : observeSuccess(result, of: check, demand: demand, holdsWorse: holdsWorse)
    }

    /// Takes over a status that somebody else gave the check.
    package mutating func adopt(_ status: HealthStatus) {
        guard status != self.status else { return }
        self = Hysteresis(status: status, isNew: false)
    }

    private mutating func observeSuccess(
        _ result: ProbeResult,
        of check: CheckDefinition,
        demand: FlapDamping.Demand,
        holdsWorse: Bool
    ) -> Verdict {
        let wanted = max(check.successesBeforePassing, 1) + demand.extraSuccesses
        let threshold = UInt16(clamping: wanted)
        failures = 0
        successes = isNew ? threshold : min(successes + 1, threshold)
        isNew = false
        let count = "\(successes)/\(threshold)"
        if status == .critical, demand.isHeld {
            // No count: it would be written anew with each probe.
            return verdict(Self.heldDown + result.output, count: count)
        }
        if status == .critical, successes < threshold {
            let why = demand.extraSuccesses > 0 ? Self.afterFlapping : ""
            return verdict("\(count) successes\(why): \(result.output)", count: count)
        }
        let isHeld = holdsWorse && result.status > status
        if !isHeld { status = result.status }
        return verdict(result.output, isHeld: isHeld, count: count)
    }

    /// Stands before the output of a target that is well and flaps.
    static let heldDown = "flapping, held down for now: "
    /// Stands after a count of successes of which more than usual are wanted.
    static let afterFlapping = " after flapping"

    private mutating func observeFailure(
        _ result: ProbeResult,
        of check: CheckDefinition,
        holdsWorse: Bool
    ) -> Verdict {
        let threshold = UInt16(clamping: max(check.failuresBeforeCritical, 1))
        let warning = min(UInt16(clamping: max(check.failuresBeforeWarning, 1)), threshold)
        successes = 0
        failures = isNew || status == .critical ? threshold : min(failures + 1, threshold)
        let count = "\(failures)/\(threshold)"
        let output = threshold == 1 ? result.output : "\(count) failures: \(result.output)"
        var proposed = status
        if failures >= threshold {
            proposed = .critical
        } else if failures >= warning {
            proposed = max(status, .warning)
        }
        if holdsWorse, proposed > status { return verdict(output, isHeld: true, count: count) }
        isNew = false
        status = proposed
        var verdict = verdict(output, count: count)
        verdict.needsConfirmation = status != .critical
        return verdict
    }

    private func verdict(_ output: String, isHeld: Bool = false, count: String) -> Verdict {
        Verdict(
            status: status,
            output: output,
            isHeld: isHeld,
            needsConfirmation: false,
            count: count
        )
    }

    /// The time from a failure to the next probe while it is not yet believed.
    ///
    /// A tenth of the interval, 100 ms to 1 s, but all confirmations together within 800 ms, so
    /// that a target that refuses is out within an interval and a second.
    package static func confirmationDelay(of check: CheckDefinition) -> Duration {
        let tenth = min(max(check.intervalMilliseconds / 10, 100), 1_000)
        let confirmations = max(check.failuresBeforeCritical - 1, 1)
        return .milliseconds(max(min(tenth, 800 / confirmations), 20))
    }
}
