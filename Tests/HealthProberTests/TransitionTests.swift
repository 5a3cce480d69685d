internal import ServiceCatalog
internal import Testing

@testable internal import HealthProber

@Suite("What is told of transitions")
struct TransitionTests {
    @Test("A report, an expiry, an alias and maintenance are told with their cause")
    func causes() {
        var world = SimulatedWorld()
        world.registerTTL("alive", seconds: 5)
        world.register(
            "sidecar",
            CheckDefinition(probe: .alias(node: "", serviceID: "alive")),
            status: .passing
        )
        world.run(until: 6)
        world.apply(.checkStatus(CheckKey(node: "n", id: "alive"), .passing, output: "back"))
        world.run(until: 7)
        let told = world.transitions.map { "\($0.check) \($0.cause) \($0.to?.rawValue ?? "")" }
        #expect(
            told == [
                "alive expiry critical", "sidecar alias critical", "alive report passing",
                "sidecar alias passing",
            ]
        )
        let maintenance = HealthCheck(
            node: "n",
            id: HealthCheck.serviceMaintenanceID("alive"),
            name: "m",
            status: .critical,
            notes: "a new disk",
            serviceID: "alive"
        )
        world.apply(
            .register(Registration(checks: [RegisteredCheck(maintenance, keepsStatus: true)]))
        )
        world.apply(.deregisterCheck(maintenance.key))
        world.run(until: 8)
        let ofMaintenance = world.transitions.filter { $0.cause == .maintenance }
        #expect(ofMaintenance.map(\.to) == [.critical, nil])
        #expect(ofMaintenance.map(\.output) == ["a new disk", "a new disk"])
        #expect(world.prober.snapshot.transitions == UInt64(world.transitions.count))
    }

    @Test("The evidence is that of the change that came, not of one that did not")
    func evidence() {
        var world = SimulatedWorld()
        world.registerWeb(1, failuresBeforeCritical: 3)
        world.run(until: 5)
        world.down["web-1"] = ProbeResult(.critical, "refused")
        world.run(until: 17)
        #expect(world.transitions.map(\.count) == ["3/3"])
        #expect(world.transitions[0].latency != nil)
        world.apply(.checkStatus(CheckKey(node: "n", id: "web-1"), .passing, output: "I say"))
        #expect(world.prober.underWay.isEmpty)
        world.run(until: 17.02)
        #expect(world.transitions[1].cause == .report)
        #expect(world.transitions[1].latency == nil)
        #expect(world.transitions[1].count == nil)
    }

    @Test("When thousands change in a second a hundred are told, and how many more there were")
    func many() {
        var world = SimulatedWorld()
        world.registerMany(3_000)
        for number in 0..<3_000 {
            world.apply(
                .checkStatus(CheckKey(node: "n\(number)", id: "c"), .warning, output: "busy")
            )
        }
        world.run(until: 0.2)
        #expect(world.transitions.count == 100)
        #expect(world.prober.snapshot.transitions >= 3_000)
        world.run(until: 2)
        var omitted = 0
        for case .transitionsOmitted(let count) in world.notices { omitted += count }
        #expect(omitted + world.transitions.count == Int(world.prober.snapshot.transitions))
    }

    @Test("A log line has no secrets of the request, also when the target sends them back")
    func secrets() {
        let probe = HTTPProbe(
            url: "http://user:pass@10.0.0.1/health?token=abc",
            headers: ["Authorization": ["Bearer s3cr3t-t0k3n"], "X-Key": ["hush-hush"]],
            body: "{\"password\": \"swordfish\"}"
        )
        let check = CheckDefinition(probe: .http(probe))
        let output = """
            HTTP GET http://user:pass@10.0.0.1/health?token=abc: 500 Oops Output: you sent \
            s3cr3t-t0k3n, Bearer s3cr3t-t0k3n, hush-hush and {"password": "swordfish"}
            """
        let line = LoggedOutput.text(output, of: check)
        #expect(
            line == "HTTP GET http://…@10.0.0.1/health?…: 500 Oops Output: you sent …, …, … and …"
        )
    }

    @Test(
        "URLs of anybody lose users and queries, and nothing else",
        arguments: [
            ("no URL at all: a@b?c", "no URL at all: a@b?c"), ("://", "://"), ("a://?", "a://?…"),
            ("Get \"https://a:b@h:1/p?q=1\": refused", "Get \"https://…@h:1/p?…\": refused"),
            ("http://h/a@b then http://u@h2", "http://h/a@b then http://…@h2"),
        ]
    )
    func urls(text: String, shown: String) {
        #expect(LoggedOutput.text(text, of: nil) == shown)
    }

    @Test("A long output is cut")
    func long() {
        let line = LoggedOutput.text(String(repeating: "é", count: 100_000), of: nil)
        #expect(line.count == 257)
    }
}
