internal import ServiceCatalog
internal import Testing

@testable internal import HealthProber

@Suite("Flap damping")
struct FlapDampingTests {
    private static let refused = ProbeResult(.critical, "refused")

    /// `count` instances of one service, probed each second.
    private func world(_ count: Int, seed: UInt64 = 1, fallsMax: Int = 3) -> SimulatedWorld {
        var settings = ProberSettings()
        settings.damping.fallsMax = fallsMax
        var world = SimulatedWorld(seed: seed, settings: settings)
        for number in 1...count {
            world.registerWeb(number, failuresBeforeCritical: 1, interval: 1_000)
        }
        world.run(until: 5)
        return world
    }

    /// Lets `web-1` fail and recover `times` times; it is well in the end.
    private func flap(_ world: inout SimulatedWorld, times: Int) {
        for _ in 0..<times {
            world.down["web-1"] = Self.refused
            world.run(until: world.seconds + 3)
            world.down["web-1"] = nil
            world.run(until: world.seconds + 4)
        }
    }

    @Test("One fall costs nothing: the first success ends it")
    func one() {
        var world = world(2)
        world.down["web-1"] = Self.refused
        world.run(until: 8)
        #expect(world.critical == ["web-1"])
        world.down = [:]
        world.run(until: 9.2)
        #expect(world.critical == [])
        #expect(world.prober.snapshot.flapHolds == 0)
    }

    @Test("After the second fall a recovery takes one success more, and says so")
    func second() {
        var world = world(2)
        flap(&world, times: 1)
        #expect(world.critical == [])
        world.down["web-1"] = Self.refused
        world.run(until: world.seconds + 3)
        world.down = [:]
        world.run(until: world.seconds + 1.1)
        #expect(world.critical == ["web-1"])
        #expect(world.check("web-1")?.output == "1/2 successes after flapping: fine")
        world.run(until: world.seconds + 1.2)
        #expect(world.critical == [])
    }

    @Test("A flapping instance is held down for a while, with one write, and is up again then")
    func held() {
        var world = world(2)
        flap(&world, times: 3)
        #expect(world.critical == ["web-1"])
        #expect(world.check("web-1")?.output == "flapping, held down for now: fine")
        #expect(world.prober.snapshot.checksFlapping == 1)
        #expect(world.prober.snapshot.flapHolds == 1)
        #expect(
            world.notices.contains(
                .flapping(CheckKey(node: "n", id: "web-1"), service: "web", instance: "web-1")
            )
        )
        let writes = world.appended.count
        world.run(until: world.seconds + 60)
        #expect(world.critical == ["web-1"])
        #expect(world.appended.count == writes, "nothing new, nothing written")
        // From at most 3 to 1.5: one half-life at most.
        world.run(until: world.seconds + 60)
        #expect(world.critical == [])
        #expect(world.prober.snapshot.checksFlapping == 0)
        world.run(until: world.seconds + 600)
        #expect(world.prober.damping.count == 0, "all is forgotten")
    }

    @Test("The last healthy instance is never held down")
    func alone() {
        var world = world(1)
        flap(&world, times: 6)
        #expect(world.critical == [])
        #expect(world.transitions.count { $0.to == .passing } == 6)
    }

    @Test("An instance that is held down comes back at once when the others go")
    func othersGo() {
        var world = world(2)
        flap(&world, times: 3)
        #expect(world.critical == ["web-1"])
        world.down["web-2"] = Self.refused
        world.run(until: world.seconds + 2.3)
        #expect(world.critical == ["web-2"])
        #expect(world.transitions.suffix(2).map(\.to) == [.critical, .passing])
    }

    @Test("Another that drains or is removed does not count as up", arguments: [true, false])
    func othersLeave(drains: Bool) {
        var world = world(2)
        flap(&world, times: 3)
        #expect(world.critical == ["web-1"])
        let other = InstanceKey(node: "n", id: "web-2")
        world.apply(drains ? .drain(other) : .deregisterInstance(other, onlyIf: nil))
        world.run(until: world.seconds + 0.3)
        #expect(world.critical == [])
    }

    @Test("It can be switched off")
    func off() {
        var world = world(2, fallsMax: 0)
        flap(&world, times: 6)
        #expect(world.critical == [])
        #expect(world.prober.damping.count == 0)
    }

    @Test("Whatever flaps, a service with a target that is well has an instance that is up")
    func neverEmpty() {
        for seed in 1...20 {
            var random = ProbeRandom(seed: UInt64(seed))
            var world = world(3, seed: UInt64(seed))
            for _ in 0..<60 {
                let well = Int.random(in: 1...3, using: &random)
                for number in 1...3 {
                    let isDown = number != well && Bool.random(using: &random)
                    world.down["web-\(number)"] = isDown ? Self.refused : nil
                }
                world.run(until: world.seconds + Double.random(in: 2.3...6, using: &random))
                #expect(world.critical.count < 3, "seed \(seed), \(world.seconds) s")
            }
            world.down = [:]
            world.run(until: world.seconds + 260)
            #expect(world.critical == [], "seed \(seed): all are well and nothing is held")
            #expect(world.prober.snapshot.checksFlapping == 0)
        }
    }

    @Test("A hold lasts two half-lives at most, however often it fell", arguments: 1...12)
    func bounded(fallsMax: Int) {
        var settings = FlapDamping.Settings()
        settings.fallsMax = fallsMax
        var damping = FlapDamping(settings: settings)
        let check = CheckKey(node: "n", id: "c")
        let instance = InstanceKey(node: "n", id: "i")
        var begun = 0
        for _ in 0..<1_000 {
            let begins = damping.noteFall(of: check, instance: instance, service: "s", now: .zero)
            if begins { begun += 1 }
        }
        #expect(begun == 1)
        #expect(damping.heldCount == 1)
        let end = ProbeInstant.zero + settings.halfLife * 2 + .seconds(1)
        #expect(damping.demand(of: check, now: end) == .none)
        #expect(damping.heldCount == 0)
        damping.remove(check)
        #expect(damping.count == 0)
    }
}
