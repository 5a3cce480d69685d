internal import ServiceCatalog
internal import Testing

@testable internal import HealthProber

@Suite("Hysteresis")
struct HysteresisTests {
    private func check(
        passing: Int = 1,
        warning: Int = 3,
        critical: Int = 3,
        interval: Int = 10_000
    ) -> CheckDefinition {
        CheckDefinition(
            probe: .tcp(host: "10.0.0.1", port: 80, tls: nil),
            intervalMilliseconds: interval,
            successesBeforePassing: passing,
            failuresBeforeWarning: warning,
            failuresBeforeCritical: critical
        )
    }

    private let good = ProbeResult(.passing, "fine")
    private let bad = ProbeResult(.critical, "connection refused")

    @Test("The first success of a new check makes it passing at once")
    func firstSuccess() {
        var state = Hysteresis(status: .critical, isNew: true)
        let verdict = state.observe(good, of: check(passing: 5))
        #expect(verdict.status == .passing)
        #expect(verdict.output == "fine")
    }

    @Test("The first failure of a new check makes it critical at once, whatever it was born as")
    func firstFailure() {
        var state = Hysteresis(status: .passing, isNew: true)
        let verdict = state.observe(bad, of: check())
        #expect(verdict.status == .critical)
        #expect(verdict.output == "3/3 failures: connection refused")
        #expect(!verdict.needsConfirmation)
    }

    @Test("Failures are counted until they are enough")
    func threshold() {
        var state = Hysteresis(status: .passing, isNew: false)
        let first = state.observe(bad, of: check())
        #expect(first.status == .passing)
        #expect(first.output == "1/3 failures: connection refused")
        #expect(first.needsConfirmation)
        #expect(state.observe(bad, of: check()).output.hasPrefix("2/3"))
        let third = state.observe(bad, of: check())
        #expect(third.status == .critical)
        #expect(third.output == "3/3 failures: connection refused")
        #expect(state.observe(bad, of: check()) == third, "more of the same says the same")
    }

    @Test("A success between failures starts the count anew")
    func consecutive() {
        var state = Hysteresis(status: .passing, isNew: false)
        for result in [bad, bad, good, bad, bad] {
            #expect(state.observe(result, of: check()).status == .passing)
        }
        #expect(state.observe(bad, of: check()).status == .critical)
    }

    @Test("Between its threshold and critical the status is warning")
    func warning() {
        var state = Hysteresis(status: .passing, isNew: false)
        let statuses = (0..<3).map { _ in
            state.observe(bad, of: check(warning: 2)).status
        }
        #expect(statuses == [.passing, .warning, .critical])
    }

    @Test("A failure never makes a status better")
    func failureNeverImproves() {
        var state = Hysteresis(status: .critical, isNew: false)
        let definition = check(passing: 2, warning: 1)
        #expect(state.observe(good, of: definition).output == "1/2 successes: fine")
        #expect(state.observe(bad, of: definition).status == .critical)
        #expect(state.observe(good, of: definition).status == .critical)
        #expect(state.observe(good, of: definition).status == .passing)
    }

    @Test("A warning counts as a success and is shown")
    func warningResult() {
        var state = Hysteresis(status: .critical, isNew: false)
        let verdict = state.observe(ProbeResult(.warning, "busy"), of: check())
        #expect(verdict.status == .warning)
    }

    @Test("While verdicts are held nothing gets worse; the first failure after decides")
    func held() {
        var state = Hysteresis(status: .passing, isNew: false)
        for _ in 0..<5 {
            let verdict = state.observe(bad, of: check(), holdsWorse: true)
            #expect(verdict.status == .passing)
            #expect(!verdict.needsConfirmation || !verdict.isHeld)
        }
        #expect(state.observe(bad, of: check()).status == .critical)
    }

    @Test("Thresholds of zero count as one")
    func zeroThresholds() {
        var state = Hysteresis(status: .passing, isNew: false)
        let verdict = state.observe(bad, of: check(passing: 0, warning: 0, critical: 0))
        #expect(verdict.status == .critical)
        #expect(verdict.output == "connection refused")
    }

    @Test("All confirmations together take less than a second", arguments: 1...12)
    func confirmations(threshold: Int) {
        for interval in [100, 1_000, 10_000, 60_000, 86_400_000] {
            let delay = Hysteresis.confirmationDelay(
                of: check(critical: threshold, interval: interval)
            )
            #expect(delay >= .milliseconds(20))
            #expect(delay * max(threshold - 1, 1) <= .milliseconds(800))
        }
    }
}
