internal import ServiceCatalog
internal import Testing

@testable internal import HealthProber

/// The prober without I/O: a manual clock, a catalog, and targets that are up or down.
@Suite("Prober")
struct ProberTests {
    @Test("A killed server leaves within one interval and a second", arguments: [1, 3, 5])
    func killedServerLeaves(threshold: Int) {
        for seed in 0..<5 {
            var world = SimulatedWorld(seed: UInt64(seed))
            for number in 1...3 { world.registerWeb(number, failuresBeforeCritical: threshold) }
            world.run(until: 30)
            #expect(world.critical == [])
            let killedAt = 30.0 + 2 * Double(seed)
            world.run(until: killedAt)
            world.down["web-1"] = ProbeResult(.critical, "connection refused")
            world.run(until: killedAt + 11)
            #expect(world.critical == ["web-1"])
            world.down = [:]
            world.run(until: killedAt + 22)
            #expect(world.critical == [], "it is up again")
        }
    }

    @Test("Of three servers two may be killed at once, and both leave")
    func twoOfThree() {
        var world = SimulatedWorld()
        for number in 1...3 { world.registerWeb(number) }
        world.run(until: 20)
        for id in ["web-1", "web-2"] { world.down[id] = ProbeResult(.critical, "refused") }
        world.run(until: 31)
        #expect(world.critical == ["web-1", "web-2"])
    }

    @Test("A new check is probed at once and its first success makes it passing")
    func firstSuccess() {
        var world = SimulatedWorld()
        world.registerWeb(1, status: .critical)
        world.run(until: 0.1)
        #expect(world.critical == [])
        #expect(world.check("web-1")?.output == "fine")
    }

    @Test("A passing check costs no write")
    func quietWhenWell() {
        var world = SimulatedWorld()
        world.registerWeb(1)
        world.run(until: 1)
        let writes = world.appended.count
        world.run(until: 600)
        #expect(world.appended.count == writes)
    }

    @Test("A count of failures is shown before it is enough, and goes when it is over")
    func progress() {
        var world = SimulatedWorld()
        world.registerWeb(1)
        world.run(until: 5)
        world.failOnce["web-1"] = ProbeResult(.critical, "refused")
        world.run(until: 20)
        let outputs = world.appended.compactMap { change -> String? in
            if case .checkStatus(_, .passing, let output) = change { output } else { nil }
        }
        #expect(outputs.suffix(2) == ["1/3 failures: refused", "fine"])
    }

    @Test("When most of everything goes silent, the last known health is held, and then ends")
    func massFailure() {
        var world = SimulatedWorld()
        for number in 1...200 { world.registerWeb(number, failuresBeforeCritical: 1) }
        world.run(until: 30)
        world.everythingIsSilent = true
        world.run(until: 300)
        #expect(world.critical.count < 40, "those that were asked first may go")
        #expect(world.prober.snapshot.isHolding)
        #expect(world.prober.snapshot.verdictsHeld > 100)
        #expect(
            world.notices.contains { if case .holding = $0 { true } else { false } }
        )
        world.everythingIsSilent = false
        world.run(until: 330)
        #expect(world.critical == [])
        #expect(!world.prober.snapshot.isHolding)
        #expect(world.notices.last == .resumed || world.notices.contains(.resumed))
    }

    @Test("Much that refuses at once is held for half a minute, then believed")
    func massRefusal() {
        var world = SimulatedWorld()
        for number in 1...40 { world.registerWeb(number) }
        world.run(until: 30)
        for number in 1...40 { world.down["web-\(number)"] = ProbeResult(.critical, "refused") }
        world.run(until: 50)
        #expect(world.critical.count < 25)
        world.run(until: 100)
        #expect(world.critical.count == 40)
    }

    @Test("A stop of the whole process for a minute costs nobody lease or health")
    func pause() {
        var world = SimulatedWorld()
        world.registerWeb(1, failuresBeforeCritical: 1)
        world.registerLease("leased", seconds: 40)
        world.registerTTL("reported", seconds: 40)
        world.run(until: 20)
        // The answers of probes under way are lost with the time.
        world.everythingIsSilent = true
        world.startProbes(until: 31)
        world.everythingIsSilent = false
        world.stop(for: 60)
        world.run(until: world.seconds + 5)
        #expect(world.critical == [])
        #expect(world.catalog.instance(InstanceKey(node: "n", id: "leased")) != nil)
        #expect(world.prober.snapshot.pauses == 1)
        world.run(until: world.seconds + 40)
        #expect(world.catalog.instance(InstanceKey(node: "n", id: "leased")) == nil)
        #expect(world.critical == ["reported"])
    }

    @Test("A lease that is not renewed removes its instance; one that is stays")
    func leases() {
        var world = SimulatedWorld()
        world.registerLease("a", seconds: 10)
        world.registerLease("b", seconds: 10)
        for second in 1...40 {
            world.run(until: Double(second))
            let lease = world.renewLease("b")
            #expect(lease?.ttlMilliseconds == 10_000)
        }
        #expect(world.catalog.instance(InstanceKey(node: "n", id: "a")) == nil)
        #expect(world.catalog.instance(InstanceKey(node: "n", id: "b")) != nil)
        #expect(world.renewLease("a") == nil)
        #expect(world.prober.snapshot.leases == 1)
        #expect(world.prober.snapshot.leaseExpiries == 1)
    }

    @Test("A session ends after twice its TTL unless it is renewed, and never without one")
    func sessions() {
        var world = SimulatedWorld()
        world.apply(.createSession(Session(id: "A", node: "n", ttlMilliseconds: 10_000)))
        world.apply(.createSession(Session(id: "b", node: "n", ttlMilliseconds: 10_000)))
        world.apply(.createSession(Session(id: "c", node: "n")))
        world.run(until: 15)
        let isRenewed = world.prober.renewSession("B", now: world.now)
        #expect(isRenewed)
        world.run(until: 19.5)
        #expect(world.catalog.sessionCount == 3)
        world.run(until: 20.5)
        #expect(world.catalog.sessions.map(\.id) == ["b", "c"])
        #expect(world.notices.contains(.sessionExpired("a")))
        let isRevived = world.prober.renewSession("a", now: world.now)
        #expect(!isRevived)
        world.run(until: 36)
        #expect(world.catalog.sessions.map(\.id) == ["c"])
        world.run(until: 500)
        #expect(world.catalog.sessionCount == 1)
    }

    @Test("Sessions get a fresh term after a restart, and time that did not run does not count")
    func sessionPauses() {
        var world = SimulatedWorld()
        world.apply(.createSession(Session(id: "a", node: "n", ttlMilliseconds: 10_000)))
        world.run(until: 19)
        world.restart()
        world.run(until: 30)
        world.stop(for: 60)
        world.run(until: 98)
        #expect(world.catalog.sessionCount == 1)
        world.run(until: 100)
        #expect(world.catalog.sessionCount == 0)
        #expect(
            world.appended == [.endSession(id: "a", onlyIf: 3)]
        )
    }

    @Test("After a restart each lease has one fresh term")
    func freshTerm() {
        var world = SimulatedWorld()
        world.registerLease("a", seconds: 10)
        world.run(until: 9)
        world.restart()
        world.run(until: 18)
        #expect(world.catalog.instance(InstanceKey(node: "n", id: "a")) != nil)
        world.run(until: 20)
        #expect(world.catalog.instance(InstanceKey(node: "n", id: "a")) == nil)
    }

    @Test("A TTL check that nobody reports becomes critical and says what it said last")
    func ttl() {
        var world = SimulatedWorld()
        world.registerTTL("alive", seconds: 5)
        world.run(until: 4)
        let isKnown = world.renewCheck("alive")
        #expect(isKnown)
        world.run(until: 8.9)
        #expect(world.critical == [])
        world.run(until: 9.3)
        #expect(world.critical == ["alive"])
        #expect(
            world.check("alive")?.output
                == "TTL expired (last output before timeout follows): all is well"
        )
        let isStillKnown = world.renewCheck("alive")
        #expect(isStillKnown)
        world.apply(
            .checkStatus(CheckKey(node: "n", id: "alive"), .passing, output: "back")
        )
        world.run(until: 14)
        #expect(world.critical == [])
        let isNone = !world.renewCheck("nobody")
        #expect(isNone)
    }

    @Test("A report between the expiry of a TTL check and its write wins")
    func lateReport() {
        var world = SimulatedWorld()
        world.registerTTL("alive", seconds: 5)
        world.run(until: 1)
        world.logIsSlow = true
        world.run(until: 5.5)
        #expect(world.held.count == 1)
        _ = world.renewCheck("alive")
        world.releaseLog()
        world.run(until: 6)
        #expect(world.critical == [])
        #expect(world.check("alive")?.output == "all is well")
    }

    @Test("An instance that stays critical is removed after its time, one that recovers is not")
    func deregisterCriticalAfter() {
        var world = SimulatedWorld()
        world.registerWeb(1, deregisterCriticalAfterSeconds: 60)
        world.registerWeb(2, deregisterCriticalAfterSeconds: 60)
        world.run(until: 5)
        for id in ["web-1", "web-2"] { world.down[id] = ProbeResult(.critical, "refused") }
        world.run(until: 50)
        #expect(world.critical == ["web-1", "web-2"])
        world.down["web-2"] = nil
        world.run(until: 90)
        #expect(world.catalog.instance(InstanceKey(node: "n", id: "web-1")) == nil)
        #expect(world.catalog.instance(InstanceKey(node: "n", id: "web-2")) != nil)
        #expect(world.prober.snapshot.criticalRemovals == 1)
    }

    @Test("An alias check follows the worst of its target, its absence and its return")
    func alias() {
        var world = SimulatedWorld()
        world.register(
            "sidecar",
            CheckDefinition(probe: .alias(node: "", serviceID: "web-1")),
            status: .passing
        )
        world.run(until: 0.1)
        #expect(world.check("sidecar")?.status == .critical)
        #expect(
            world.check("sidecar")?.output == "service \"web-1\" on node \"n\" is not registered"
        )
        world.registerWeb(1)
        world.run(until: 5)
        #expect(world.check("sidecar")?.status == .passing)
        world.down["web-1"] = ProbeResult(.critical, "refused")
        world.run(until: 20)
        #expect(world.check("sidecar")?.output == "check \"web-1\" is critical")
        world.apply(.deregisterCheck(CheckKey(node: "n", id: "web-1")))
        world.run(until: 20.1)
        #expect(world.check("sidecar")?.status == .passing)
        #expect(world.check("sidecar")?.output == "no checks to follow")
    }

    @Test("The result of a check that was redefined meanwhile is dropped")
    func redefined() {
        var world = SimulatedWorld()
        world.registerWeb(1)
        world.run(until: 5)
        world.down["web-1"] = ProbeResult(.critical, "refused")
        world.startProbes(until: 16)
        world.registerWeb(1, interval: 5_000)
        world.down = [:]
        world.finishProbes()
        world.run(until: 17)
        #expect(world.critical == [])
        #expect(world.prober.snapshot.probesDropped == 1)
    }

    @Test("Registering the same again neither probes at once nor forgets")
    func sameAgain() {
        var world = SimulatedWorld()
        world.registerWeb(1)
        world.run(until: 5)
        let before = world.prober.snapshot.probes
        for _ in 0..<10 { world.registerWeb(1) }
        world.run(until: 5.5)
        #expect(world.prober.snapshot.probes == before)
    }

    @Test("A status that somebody else gave a probed check is tried at once")
    func foreignStatus() {
        var world = SimulatedWorld()
        world.registerWeb(1)
        world.run(until: 5)
        world.apply(.checkStatus(CheckKey(node: "n", id: "web-1"), .critical, output: "?"))
        #expect(world.critical == ["web-1"])
        world.run(until: 5.2)
        #expect(world.critical == [])
        #expect(world.prober.snapshot.checksScheduled == 1)
    }

    @Test("Writes wait for a log that fails, and others' probes go on")
    func failingLog() {
        var world = SimulatedWorld()
        for number in 1...2 { world.registerWeb(number) }
        world.run(until: 5)
        world.logFails = true
        world.down["web-1"] = ProbeResult(.critical, "refused")
        world.run(until: 30)
        #expect(world.critical == [])
        #expect(world.prober.snapshot.writeFailures > 3)
        world.logFails = false
        world.run(until: 36)
        #expect(world.critical == ["web-1"])
    }

    @Test("A fault of this host is no verdict on the target")
    func ownFault() {
        var world = SimulatedWorld()
        world.registerWeb(1, failuresBeforeCritical: 1)
        world.run(until: 5)
        world.down["web-1"] = ProbeResult(.critical, "no descriptors", evidence: .ownFault)
        world.run(until: 60)
        #expect(world.critical == [])
        #expect(world.prober.snapshot.verdictsHeld >= 5)
    }

    @Test("Ten thousand checks of a loaded catalog are all probed within one interval")
    func manyChecks() {
        var world = SimulatedWorld()
        world.registerMany(10_000)
        world.run(until: 10, step: 0.1)
        #expect(world.prober.snapshot.checksScheduled == 10_000)
        #expect(world.prober.snapshot.probes.values.reduce(0, +) >= 10_000)
        #expect(world.critical.isEmpty)
    }

    @Test("A prober that is too slow is late, and nobody fails for it")
    func tooSlow() {
        var world = SimulatedWorld()
        world.registerMany(3_000)
        // A thousand may be under way, and all take eight seconds: half of what is due.
        for round in 1...4 {
            world.startProbes(until: 8 * Double(round))
            world.finishProbes()
        }
        let metrics = world.prober.snapshot
        #expect(metrics.latenessSecondsMax > 5)
        #expect(metrics.lateness.suffix(3).reduce(0, +) > 1_000)
        #expect(metrics.transitions == 0)
        #expect(!metrics.isHolding)
        #expect(world.critical.isEmpty)
    }

    @Test("At the start of many checks the dead among them are believed, and nothing is held")
    func startWithSomeDead() {
        var world = SimulatedWorld()
        world.registerMany(2_000)
        for number in stride(from: 0, to: 2_000, by: 20) {
            world.down["w\(number)"] = ProbeResult(.critical, "connection refused")
        }
        world.run(until: 22, step: 0.1)
        #expect(world.critical.count == 100)
        #expect(world.prober.snapshot.verdictsHeld == 0)
    }

    @Test("Each transition is told with its evidence")
    func transitions() {
        var world = SimulatedWorld()
        world.registerWeb(1, failuresBeforeCritical: 1)
        world.run(until: 5)
        world.down["web-1"] = ProbeResult(.critical, "refused")
        world.run(until: 16)
        let expected = Prober.Transition(
            service: "web",
            node: "n",
            instance: "web-1",
            check: "web-1",
            type: "tcp",
            from: .passing,
            to: .critical,
            cause: .probe,
            count: "1/1",
            output: "refused",
            latency: .zero,
            duration: nil
        )
        let told = world.transitions.map { transition in
            var transition = transition
            transition.duration = nil
            return transition
        }
        #expect(told == [expected])
        #expect(world.transitions[0].duration.map { $0 > .seconds(5) } == true)
    }
}
