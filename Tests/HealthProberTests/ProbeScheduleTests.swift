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

    /// Starts in each span of 10 ms, of checks whose probes take 20 ms.
    private func startsPerSpan(
        _ schedule: inout ProbeSchedule,
        spans: Int
    ) -> [Int] {
        var underWay: [[ProbeSchedule.Start]] = []
        return (0..<spans).map { span in
            let now = at(Double(span) / 100)
            if underWay.count == 2 {
                for start in underWay.removeFirst() {
                    _ = schedule.finish(start.id, next: .regular, now: now)
                }
            }
            underWay.append(schedule.takeDue(now: now))
            return underWay[underWay.count - 1].count
        }
    }

    /// No 100 ms have more than 1.3 times of what so many checks mean to each.
    private func expectEven(_ perSpan: [Int], checks: Int) {
        let mean = Double(checks) / 9.5 / 10
        let highest = (0..<perSpan.count - 10).map { perSpan[$0..<$0 + 10].reduce(0, +) }.max()
        #expect(Double(highest ?? 0) <= 1.3 * mean)
    }

    @Test(
        "50,000 checks are spread evenly, after a restart or registered at once",
        arguments: [ProbeSchedule.FirstRun.withinInterval, .atOnce]
    )
    func evenSpread(first: ProbeSchedule.FirstRun) {
        var schedule = ProbeSchedule(inFlightMax: 1_000, random: ProbeRandom(seed: 7))
        for _ in 0..<50_000 {
            _ = schedule.add(intervalMilliseconds: 10_000, first: first, now: at(0))
        }
        // The first round, and its passing into the second.
        let perSpan = startsPerSpan(&schedule, spans: 1_250)
        #expect(perSpan[0...1_000].reduce(0, +) >= 50_000, "each ran once within its interval")
        #expect(perSpan.reduce(0, +) <= 70_000)
        expectEven(perSpan, checks: 50_000)
    }

    @Test("Checks that came one after another in seconds are spread evenly too")
    func arrivals() {
        var schedule = ProbeSchedule(inFlightMax: 1_000, random: ProbeRandom(seed: 8))
        for number in 0..<50_000 {
            let now = at(Double(number) / 25_000)
            _ = schedule.add(intervalMilliseconds: 10_000, first: .atOnce, now: now)
        }
        expectEven(startsPerSpan(&schedule, spans: 1_250), checks: 50_000)
    }

    @Test("Thousands that are registered together start within seconds, not at once")
    func thunderingStart() {
        var schedule = ProbeSchedule(inFlightMax: 100_000, random: ProbeRandom(seed: 7))
        for _ in 0..<10_000 {
            _ = schedule.add(intervalMilliseconds: 10_000, first: .atOnce, now: at(0))
        }
        #expect(schedule.takeDue(now: at(0)).count == 100)
        for tick in 1...19 {
            #expect(schedule.takeDue(now: at(Double(tick) / 10)).count <= 501)
        }
        _ = schedule.takeDue(now: at(2))
        #expect(schedule.inFlight == 10_000, "all started within two seconds")
        _ = schedule.add(intervalMilliseconds: 10_000, first: .atOnce, now: at(3))
        #expect(schedule.takeDue(now: at(3)).count == 1, "who comes later does not wait")
    }

    @Test("No more start together than are asked for, and the rest comes next")
    func countMax() {
        var schedule = ProbeSchedule(random: ProbeRandom(seed: 7))
        for _ in 0..<10 {
            _ = schedule.add(intervalMilliseconds: 10_000, first: .atOnce, now: at(0))
        }
        #expect(schedule.takeDue(now: at(1), countMax: 7).count == 7)
        #expect(schedule.nextDue == at(0))
        #expect(schedule.takeDue(now: at(1), countMax: 7).count == 3)
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
