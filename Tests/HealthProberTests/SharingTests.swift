internal import ServiceCatalog
internal import Testing

@testable internal import HealthProber

@Suite("Checks that several servers share")
struct SharingTests {
    private let servers = ["a", "b", "c"]

    private func keys(_ count: Int) -> [CheckKey] {
        (0..<count).map { CheckKey(node: "n\($0 % 7)", id: "check-\($0)") }
    }

    private func owner(_ key: CheckKey, among servers: [String]) -> [String] {
        servers.filter { CheckResponsibility(servers: servers, own: $0).isOwn(key) }
    }

    @Test("each check is one server's, and each server has about as many")
    func shares() {
        let owners = keys(3_000).map { owner($0, among: servers) }
        #expect(owners.allSatisfy { $0.count == 1 })
        for server in servers {
            #expect((850...1_150).contains(owners.count { $0 == [server] }))
        }
    }

    @Test("when a server leaves only its checks move, and back when it returns")
    func moves() {
        for key in keys(500) {
            let before = owner(key, among: servers)
            let after = owner(key, among: ["a", "b"])
            if before != ["c"] { #expect(after == before) }
            #expect(owner(key, among: servers.reversed()) == before)
        }
    }

    @Test("the one who is asked first is the one who would look after the check next")
    func seconds() {
        for key in keys(200) {
            let first = owner(key, among: servers)[0]
            let others = CheckResponsibility(servers: servers, own: first).others(for: key)
            #expect(others.count == 2 && !others.contains(first))
            #expect(owner(key, among: servers.filter { $0 != first }) == [others[0]])
        }
    }

    @Test("a server that is none of them looks after nothing, one that is cut off after all")
    func extremes() {
        for key in keys(50) {
            #expect(!CheckResponsibility(servers: servers, own: "x").isOwn(key))
            #expect(CheckResponsibility.all.isOwn(key))
            #expect(CheckResponsibility.all.others(for: key).isEmpty)
        }
    }

    // MARK: - The prober

    private var shared: ProberSettings {
        var settings = ProberSettings()
        settings.isShared = true
        settings.leaseSlack = .seconds(3)
        return settings
    }

    private func share(
        _ world: inout SimulatedWorld,
        _ servers: [String]?,
        own: String,
        decides: Bool = false
    ) {
        world.prober.share(
            CheckResponsibility(servers: servers, own: own),
            decides: decides,
            in: world.catalog,
            now: world.now
        )
    }

    @Test("a prober probes its part, and all of it again when it is alone")
    func parts() {
        var world = SimulatedWorld(settings: shared)
        for number in 1...30 { world.registerWeb(number) }
        share(&world, servers, own: "a")
        let own = world.prober.schedule.count
        #expect((3...20).contains(own))
        share(&world, nil, own: "a")
        #expect(world.prober.schedule.count == 30)
        share(&world, servers, own: "stranger")
        #expect(world.prober.schedule.count == 0)
        world.registerWeb(31)
        #expect(world.prober.schedule.count == 0)
    }

    @Test(
        "only the one who decides removes what has run out, a term after it began to, and some more"
    )
    func deciding() {
        var world = SimulatedWorld(settings: shared)
        let lease = Lease(id: "l", ttlMilliseconds: 10_000)
        var instance = ServiceInstance(node: "n", id: "leased", service: "s", port: 1)
        instance.lease = lease
        share(&world, servers, own: "a")
        world.apply(.register(Registration(instance: instance)))
        world.run(until: 60)
        #expect(world.catalog.instance(instance.key) != nil)
        share(&world, servers, own: "a", decides: true)
        world.run(until: 72)
        #expect(world.catalog.instance(instance.key) != nil)
        world.run(until: 74)
        #expect(world.catalog.instance(instance.key) == nil)
    }

    @Test("a heartbeat that another server heard counts")
    func beats() throws {
        var world = SimulatedWorld(settings: shared)
        var instance = ServiceInstance(node: "n", id: "leased", service: "s", port: 1)
        instance.lease = Lease(id: "l", ttlMilliseconds: 10_000)
        share(&world, servers, own: "a", decides: true)
        world.apply(.register(Registration(instance: instance)))
        let number = try #require(LeaseSchedule.Key.lease(instance.key).number)
        for time in stride(from: 8.0, through: 80, by: 8) {
            world.run(until: time)
            world.prober.heard([number, 12_345], now: world.now)
        }
        #expect(world.catalog.instance(instance.key) != nil)
        world.run(until: 80 + 13.5)
        #expect(world.catalog.instance(instance.key) == nil)
    }

    // MARK: - Second opinions

    /// A world of one silent target that this server looks after.
    private func silentWorld() -> SimulatedWorld {
        var world = SimulatedWorld(settings: shared)
        world.registerWeb(1)
        let key = CheckKey(node: "n", id: "web-1")
        let own = owner(key, among: servers)[0]
        share(&world, servers, own: own)
        world.run(until: 20)
        world.down["web-1"] = ProbeResult(.critical, "timed out", evidence: .silence)
        return world
    }

    @Test("silence is believed only when another server finds it too")
    func confirmed() {
        var world = silentWorld()
        world.run(until: 34)
        #expect(world.critical == [])
        let questions = world.prober.takeQuestions()
        #expect(questions.map(\.check.id) == ["web-1"])
        world.prober.learned(questions[0].check, isAlive: false, now: world.now)
        world.run(until: 35)
        #expect(world.critical == ["web-1"])
    }

    @Test("a target that another server finds alive stays")
    func dismissed() {
        var world = silentWorld()
        for _ in 0..<3 {
            world.run(until: world.seconds + 14)
            for question in world.prober.takeQuestions() {
                world.prober.learned(question.check, isAlive: true, now: world.now)
            }
        }
        #expect(world.critical == [])
        #expect(world.prober.metrics.verdictsHeld > 0)
    }

    @Test("when one abstains the next is asked, and when nobody is left the verdict stands")
    func abstaining() {
        var world = silentWorld()
        world.run(until: 34)
        let first = world.prober.takeQuestions()
        world.prober.learned(first[0].check, isAlive: nil, now: world.now)
        let second = world.prober.takeQuestions()
        #expect(first[0].of != second[0].of)
        #expect(world.critical == [])
        // Nobody answers.
        world.run(until: 55)
        #expect(world.critical == ["web-1"])
    }

    @Test("a refusal needs no second opinion")
    func refusals() {
        var world = silentWorld()
        world.down["web-1"] = ProbeResult(.critical, "refused")
        world.run(until: 33)
        #expect(world.critical == ["web-1"])
        #expect(world.prober.takeQuestions().isEmpty)
    }

    @Test("a target that answers meanwhile ends the question")
    func recovered() {
        var world = silentWorld()
        world.run(until: 34)
        #expect(world.prober.takeQuestions().count == 1)
        world.down = [:]
        world.run(until: 60)
        #expect(world.critical == [] && world.prober.opinions.count == 0)
    }
}
