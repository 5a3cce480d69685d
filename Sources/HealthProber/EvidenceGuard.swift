/// Says when failures are no evidence against those probed, but against the prober itself.
///
/// Three rules:
/// 1. *Pause.* When the prober's loop wakes much later than it asked to, the process did not run
///    (stopped, suspended, starved). Unanswered probes that were under way are void, and clocks
///    of leases must stand still for the gap.
/// 2. *Mass failure.* When at least `failingOwnersMin` instances that were believed up, and at
///    least `failingShareMin` of those probed, fail in one window, no status becomes worse
///    until fewer do. There are two windows: the short one sees all of a great number fall
///    silent before many of them have left, the long one is enough for a few dozen. Instances are
///    counted, not checks or probes, so that one dead instance with many checks is one.
///    Small catalogs never reach the number: their dead always leave.
/// 3. *Answers.* A target that itself answers with a failure (refused, 503, NOT_SERVING) is
///    believed once the mass failure has lasted for `answeredHold`: the way to it works, and
///    somebody has switched much off. Silence is held for as long as it is so widespread.
package struct EvidenceGuard: Sendable {
    /// The numbers of the rules.
    package struct Settings: Hashable, Sendable {
        package var shortWindow: Duration = .milliseconds(500)
        package var longWindow: Duration = .seconds(10)
        package var failingOwnersMin = 10
        /// From 0 to 1; above 1 switches the rule off.
        package var failingShareMin = 0.5
        /// The same for the short window, where the instances of one dead host may stand close
        /// together.
        package var shortWindowShareMin = 0.9
        /// How long refusals and other answers are held.
        package var answeredHold: Duration = .seconds(30)
        /// A wake-up that is later than this is a pause.
        package var pauseMin: Duration = .seconds(1)

        package init() {}
    }

    /// Why nothing becomes worse at present.
    package struct MassFailure: Hashable, Sendable {
        package var failing: Int
        package var probed: Int
    }

    package let settings: Settings
    private var short: OutcomeWindow
    private var long: OutcomeWindow
    private var massFailureSince: ProbeInstant?
    private var expectedWake: ProbeInstant?
    /// The end of the last pause.
    private var pausedUntil: ProbeInstant?

    package init(settings: Settings = Settings()) {
        self.settings = settings
        self.short = OutcomeWindow(length: settings.shortWindow)
        self.long = OutcomeWindow(length: settings.longWindow)
    }

    // MARK: - Pauses

    /// Notes that the loop will wake by `instant`.
    package mutating func expectWake(by instant: ProbeInstant) { expectedWake = instant }

    /// Called before anything that depends on time.
    ///
    /// - Returns: how long the process did not run, if it did not.
    package mutating func noticePause(now: ProbeInstant) -> Duration? {
        guard let expected = expectedWake, now - expected >= settings.pauseMin else { return nil }
        // The same gap is not to be found twice.
        expectedWake = now + settings.pauseMin
        pausedUntil = now
        return now - expected
    }

    /// True when a probe that began at `start` was under way during a pause.
    package func isVoid(start: ProbeInstant) -> Bool {
        pausedUntil.map { start <= $0 } ?? false
    }

    // MARK: - Mass failure

    /// The mass failure that goes on, if one does.
    package var massFailure: MassFailure? {
        guard massFailureSince != nil else { return nil }
        return short.failingCount > long.failingCount
            ? MassFailure(failing: short.failingCount, probed: short.count)
            : MassFailure(failing: long.failingCount, probed: long.count)
    }

    /// Counts a result of an instance that is believed up.
    ///
    /// `owner` is the hash of the instance's name: two with one hash count as one.
    package mutating func note(owner: Int, isFailure: Bool, now: ProbeInstant) {
        short.turn(now: now)
        long.turn(now: now)
        short.note(owner, isFailure: isFailure)
        long.note(owner, isFailure: isFailure)
        judge(now: now)
    }

    /// Drops an instance that left the catalog, or that is believed down.
    package mutating func forget(_ owner: Int) {
        short.forget(owner)
        long.forget(owner)
    }

    /// True when a failure must not make a status worse now.
    package func holdsWorse(isAnswer: Bool, now: ProbeInstant) -> Bool {
        guard let since = massFailureSince else { return false }
        return !isAnswer || now - since < settings.answeredHold
    }

    /// Moves the windows; called from time to time, so that a hold ends without results too.
    package mutating func turnWindows(now: ProbeInstant) {
        short.turn(now: now)
        long.turn(now: now)
        judge(now: now)
    }

    private mutating func judge(now: ProbeInstant) {
        let lowest = settings.failingOwnersMin
        if massFailureSince == nil {
            let isMass =
                short.failingCount >= lowest && short.failingShare >= settings.shortWindowShareMin
                || long.failingCount >= lowest && long.failingShare >= settings.failingShareMin
            if isMass { massFailureSince = now }
        } else {
            // Ends lower than it began, so that it does not flicker.
            let isShortOver =
                short.failingCount * 2 < lowest
                || short.failingShare < settings.shortWindowShareMin * 0.8
            let isLongOver =
                long.failingCount * 2 < lowest || long.failingShare < settings.failingShareMin * 0.8
            if isShortOver, isLongOver { massFailureSince = nil }
        }
    }
}
