internal import Testing

@testable internal import HealthProber

@Suite("Evidence guard")
struct EvidenceGuardTests {
    private func at(_ seconds: Double) -> ProbeInstant {
        ProbeInstant(nanoseconds: Int64(seconds * 1e9))
    }

    @Test("Two dead instances of three are believed, however they fail")
    func smallCatalog() {
        var evidence = EvidenceGuard()
        for owner in 0..<3 { evidence.note(owner: owner, isFailure: owner < 2, now: at(1)) }
        #expect(evidence.massFailure == nil)
        #expect(!evidence.holdsWorse(isAnswer: false, now: at(1)))
    }

    @Test("Nine dead of nine are believed, ten of ten are not")
    func lowestNumber() {
        var evidence = EvidenceGuard()
        for owner in 0..<9 { evidence.note(owner: owner, isFailure: true, now: at(1)) }
        #expect(evidence.massFailure == nil)
        evidence.note(owner: 9, isFailure: true, now: at(1))
        #expect(evidence.massFailure == .init(failing: 10, probed: 10))
        #expect(evidence.holdsWorse(isAnswer: false, now: at(1)))
        #expect(evidence.holdsWorse(isAnswer: true, now: at(1)))
    }

    @Test("One dead instance with many checks and probes counts once")
    func instancesAreCounted() {
        var evidence = EvidenceGuard()
        for second in 0..<50 {
            evidence.note(owner: 1, isFailure: true, now: at(Double(second) / 10))
        }
        #expect(evidence.massFailure == nil)
    }

    @Test("Twenty dead of a hundred are a minority and leave")
    func minority() {
        var evidence = EvidenceGuard()
        for turn in 0..<300 {
            let owner = turn * 37 % 100
            evidence.note(owner: owner, isFailure: owner >= 80, now: at(Double(turn) / 10))
            #expect(evidence.massFailure == nil)
        }
    }

    @Test("A dead host whose instances are probed within a second is no mass failure")
    func deadHost() {
        var evidence = EvidenceGuard()
        // Of 200 instances 20 are on one host; in one second its 20 and 18 others are probed.
        for turn in 0..<200 { evidence.note(owner: turn, isFailure: false, now: at(1)) }
        for turn in 0..<38 {
            let owner = turn % 2 == 0 ? turn / 2 : 100 + turn
            evidence.note(owner: owner, isFailure: owner < 20, now: at(11 + Double(turn) / 38))
            #expect(evidence.massFailure == nil)
        }
    }

    @Test("Failures that come one by one over minutes are no mass failure")
    func slowDecline() {
        var evidence = EvidenceGuard()
        for minute in 0..<50 {
            evidence.note(owner: minute, isFailure: true, now: at(Double(minute) * 60))
            #expect(evidence.massFailure == nil)
        }
    }

    @Test("A hold ends when targets answer again")
    func recovery() {
        var evidence = EvidenceGuard()
        for owner in 0..<50 { evidence.note(owner: owner, isFailure: true, now: at(1)) }
        #expect(evidence.massFailure != nil)
        for owner in 0..<40 { evidence.note(owner: owner, isFailure: false, now: at(2)) }
        #expect(evidence.massFailure == nil)
        #expect(!evidence.holdsWorse(isAnswer: false, now: at(2)))
    }

    @Test("A hold ends without results, by time")
    func emptyWindow() {
        var evidence = EvidenceGuard()
        for owner in 0..<50 { evidence.note(owner: owner, isFailure: true, now: at(1)) }
        evidence.turnWindows(now: at(60))
        #expect(evidence.massFailure == nil)
    }

    @Test("Refusals are believed after half a minute, silence is not")
    func answersAreBelievedLater() {
        var evidence = EvidenceGuard()
        for second in stride(from: 0.0, through: 40, by: 5) {
            for owner in 0..<20 { evidence.note(owner: owner, isFailure: true, now: at(second)) }
        }
        #expect(evidence.holdsWorse(isAnswer: true, now: at(29)))
        #expect(!evidence.holdsWorse(isAnswer: true, now: at(31)))
        #expect(evidence.holdsWorse(isAnswer: false, now: at(31)))
    }

    @Test("Of many instances most may not leave before the silence is noticed")
    func shortWindow() {
        var evidence = EvidenceGuard()
        var believed = 0
        // A thousand instances, one result each 10 ms; all fall silent after twenty seconds.
        for step in 0..<3_000 {
            let now = at(Double(step) / 100)
            evidence.note(owner: step % 1_000, isFailure: step >= 2_000, now: now)
            if step >= 2_000, !evidence.holdsWorse(isAnswer: false, now: now) { believed += 1 }
        }
        #expect(believed <= 120)
    }

    @Test("The share can be set so high that the rule is off")
    func switchedOff() {
        var settings = EvidenceGuard.Settings()
        settings.failingShareMin = 2
        settings.shortWindowShareMin = 2
        var evidence = EvidenceGuard(settings: settings)
        for owner in 0..<100 { evidence.note(owner: owner, isFailure: true, now: at(1)) }
        #expect(evidence.massFailure == nil)
    }

    @Test("A wake-up that comes a minute late is a pause, found once")
    func pause() {
        var evidence = EvidenceGuard()
        #expect(evidence.noticePause(now: at(100)) == nil, "nothing was promised yet")
        evidence.expectWake(by: at(10))
        #expect(evidence.noticePause(now: at(10.5)) == nil)
        #expect(evidence.noticePause(now: at(70)) == .seconds(60))
        #expect(evidence.noticePause(now: at(70.1)) == nil)
        #expect(evidence.isVoid(start: at(9)))
        #expect(!evidence.isVoid(start: at(70.2)))
    }
}
