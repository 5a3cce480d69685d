internal import Testing

@testable internal import HealthProber

@Suite("Probe schedule")
struct ProbeScheduleTests {
    private func at(_ seconds: Double) -> ProbeInstant {
        ProbeInstant(nanoseconds: Int64(seconds * 1e9))
    }

    @Test("A newly registered check is probed at once, and again within its interval")
    func newCheckRunsAtOnce() throws {
        var schedule = ProbeSchedule(random: ProbeRandom(seed: 1))
        let id = schedule.add(intervalMilliseconds: 10_000, first: .atOnce, now: at(5))
        #expect(schedule.takeDue(now: at(5)).map(\.id) == [id])
        #expect(schedule.takeDue(now: at(50)).isEmpty, "it is under way")
        let isCurrent = schedule.finish(id, next: .regular, now: at(6))
        #expect(isCurrent)
        let due = try #require(schedule.nextDue)
        #expect(due >= at(15) && due <= at(16))
    }

    @Test("A confirmation comes after its delay")
    func confirmation() {
        var schedule = ProbeSchedule(random: ProbeRandom(seed: 1))
        let id = schedule.add(intervalMilliseconds: 10_000, first: .atOnce, now: at(0))
        _ = schedule.takeDue(now: at(0))
        _ = schedule.finish(id, next: .soon(.milliseconds(300)), now: at(1))
        #expect(schedule.nextDue == at(1.3))
    }

    @Test("The result of a removed check is stale, and its slot serves another")
    func removedWhileUnderWay() {
        var schedule = ProbeSchedule(random: ProbeRandom(seed: 1))
        let old = schedule.add(intervalMilliseconds: 1_000, first: .atOnce, now: at(0))
        _ = schedule.takeDue(now: at(0))
        schedule.remove(old)
        let new = schedule.add(intervalMilliseconds: 1_000, first: .atOnce, now: at(0))
        #expect(new.slot == old.slot)
        let isCurrent = schedule.finish(old, next: .regular, now: at(1))
        #expect(!isCurrent)
        #expect(schedule.inFlight == 0)
        #expect(schedule.takeDue(now: at(1)).map(\.id) == [new])
        schedule.remove(old)
        #expect(schedule.count == 1, "removing twice removes nothing else")
    }

    @Test("No more probes than allowed run together, and the wait shows as lateness")
    func capOnProbesInFlight() {
        var schedule = ProbeSchedule(inFlightMax: 3, random: ProbeRandom(seed: 1))
        for _ in 0..<10 {
            _ = schedule.add(intervalMilliseconds: 1_000, first: .atOnce, now: at(0))
        }
        let first = schedule.takeDue(now: at(0))
        #expect(first.count == 3)
        #expect(schedule.nextDue == nil, "nothing can start now")
        #expect(schedule.takeDue(now: at(1)).isEmpty)
        for start in first { _ = schedule.finish(start.id, next: .regular, now: at(2)) }
        let second = schedule.takeDue(now: at(2))
        #expect(second.map(\.lateness) == [.seconds(2), .seconds(2), .seconds(2)])
    }

    @Test("After a restart 50,000 checks are spread evenly over their interval")
    func spreadAfterRestart() {
        var schedule = ProbeSchedule(inFlightMax: 100_000, random: ProbeRandom(seed: 7))
        for _ in 0..<50_000 {
            _ = schedule.add(intervalMilliseconds: 10_000, first: .withinInterval, now: at(0))
        }
        var perTick: [Int] = []
        // More than an interval of ticks, 100 ms each; a probe takes no time.
        for tick in 0...130 {
            let now = at(Double(tick) / 10)
            let starts = schedule.takeDue(now: now)
            perTick.append(starts.count)
            for start in starts { _ = schedule.finish(start.id, next: .regular, now: now) }
        }
        #expect(perTick[0...100].reduce(0, +) >= 50_000, "each ran once within its interval")
        for count in perTick.dropFirst() { #expect((200...900).contains(count)) }
    }

    @Test("Thousands that are registered together start within seconds, not at once")
    func thunderingStart() {
        var schedule = ProbeSchedule(inFlightMax: 100_000, random: ProbeRandom(seed: 7))
        for _ in 0..<10_000 {
            _ = schedule.add(intervalMilliseconds: 10_000, first: .atOnce, now: at(0))
        }
        let atOnce = schedule.takeDue(now: at(0)).count
        #expect((100...200).contains(atOnce))
        var highest = 0
        for tick in 1...60 {
            highest = max(highest, schedule.takeDue(now: at(Double(tick) / 10)).count)
        }
        #expect(highest < 1_200)
        #expect(schedule.inFlight == 10_000, "all started within six seconds")
    }

    @Test("Checks that come and go leave nothing behind")
    func churn() {
        var schedule = ProbeSchedule(random: ProbeRandom(seed: 3))
        for _ in 0..<100_000 {
            let id = schedule.add(
                intervalMilliseconds: 60_000,
                first: .withinInterval,
                now: at(0)
            )
            schedule.remove(id)
        }
        #expect(schedule.count == 0)
        #expect(schedule.turnCount <= 65)
    }

    @Test("A check costs no more than 48 bytes beside its definition")
    func memory() {
        #expect(ProbeSchedule.bytesPerCheck <= 48)
    }

    @Test("A tick without due checks and one probe's turn cost little with 50,000 checks")
    func costOfATick() {
        var schedule = ProbeSchedule(inFlightMax: 100_000, random: ProbeRandom(seed: 7))
        for _ in 0..<50_000 {
            _ = schedule.add(intervalMilliseconds: 10_000, first: .withinInterval, now: at(0))
        }
        var probes = 0
        let clock = ContinuousClock()
        let turns = clock.measure {
            for tick in 0...400 {
                let now = at(Double(tick) / 100)
                for start in schedule.takeDue(now: now) {
                    probes += 1
                    _ = schedule.finish(start.id, next: .regular, now: now)
                }
            }
        }
        let idle = clock.measure {
            for _ in 0..<10_000 { _ = schedule.takeDue(now: at(9)) }
        }
        let perTurn = turns / probes
        print(
            "schedule: \(ProbeSchedule.bytesPerCheck) bytes a check, \(perTurn) a probe,",
            "\(idle / 10_000) an idle tick"
        )
        // Generous: the tests may run unoptimised on a busy machine.
        #expect(perTurn < .microseconds(200))
    }
}
