import DNSWire
import ServiceCatalog
import Testing

@testable import DNSZones

@Suite("Explanations of answers")
struct NameExplainerTests {
    private func catalog(
        _ change: (inout ServiceZoneSettings) -> Void = { _ in }
    ) throws -> ServedCatalog {
        let catalog = try ServedCatalog(change)
        try catalog.node("n1", "10.0.0.1")
        try catalog.node("n2", "10.0.0.2", tagged: ["lan_ipv6": "fd00::2"])
        return catalog
    }

    private func instance(
        _ id: String,
        on node: String = "n1",
        of service: String = "web",
        tags: [String] = [],
        address: String = "",
        meta: [String: String] = [:]
    ) -> ServiceInstance {
        ServiceInstance(
            node: node,
            id: id,
            service: service,
            tags: tags,
            address: address,
            port: 80,
            meta: meta
        )
    }

    /// `id: reason`, with a `+` before those that are answered.
    private func lines(_ explanation: NameExplanation) -> [String] {
        explanation.instances.map { "\($0.answered ? "+" : "-")\($0.id): \($0.reason)" }
    }

    @Test("of each instance: the check that speaks against it, or why it is there")
    func health() throws {
        let catalog = try catalog()
        try catalog.instance(instance("a"))
        try catalog.instance(instance("b", on: "n2"), status: .critical)
        try catalog.instance(instance("c", address: "10.0.0.3"), status: .warning)
        try catalog.instance(instance("d", address: "10.0.0.4"), status: .passing)
        try catalog.instance(instance("e", address: "10.0.0.5"))
        try catalog.change(.drain(InstanceKey(node: "n1", id: "e")))
        let explanation = try catalog.explain("WEB.service.consul", .a)
        #expect(explanation.kind == .service)
        #expect(explanation.service == "web")
        #expect(explanation.summary == "3 of 5 instances are in the answer for A")
        #expect(
            Set(lines(explanation)) == [
                "+a: it has no checks", "-b: check \"c\" is critical",
                "+c: check \"c\" is warning", "+d: its check passes",
                "-e: it is leaving: it was deregistered with drain",
            ]
        )
    }

    @Test("checks of the node count, with the first line of their output")
    func nodeCheck() throws {
        let catalog = try catalog()
        try catalog.instance(instance("a"))
        let disk = HealthCheck(
            node: "n1",
            id: "disk",
            name: "disk",
            status: .critical,
            output: "full\nreally"
        )
        try catalog.change(
            .register(Registration(checks: [RegisteredCheck(disk, keepsStatus: false)]))
        )
        let explanation = try catalog.explain("web.service.consul", .srv)
        #expect(lines(explanation) == ["-a: the node's check \"disk\" is critical: full"])
    }

    @Test("an instance without an address of the family, with another's, or with a host name")
    func addresses() throws {
        let catalog = try catalog()
        try catalog.instance(instance("a"))
        try catalog.instance(instance("b"))
        try catalog.instance(instance("c", on: "n2"))
        try catalog.instance(instance("d", address: "far.example.net"))
        let a = try catalog.explain("web.service.consul", .a)
        #expect(
            lines(a) == [
                "+a: it has no checks", "-b: a has the same address",
                "-d: its address is the host"
                    + " name far.example.net., and others have IP addresses",
                "+c: it has no checks",
            ]
        )
        let aaaa = try catalog.explain("web.service.consul", .aaaa)
        #expect(lines(aaaa).filter { $0.hasPrefix("+") } == ["+c: it has no checks"])
        #expect(lines(aaaa)[0] == "-a: it has no IPv6 address")
        let text = try catalog.explain("web.service.consul", .txt)
        #expect(lines(text).allSatisfy { $0.hasSuffix("it has no metadata") })
        let mail = try catalog.explain("web.service.consul", .mx)
        #expect(lines(mail).allSatisfy { $0.hasSuffix("instances have no MX records") })
    }

    @Test("tags, underscored names and names with dots are read as answers read them")
    func readings() throws {
        let catalog = try catalog()
        try catalog.instance(instance("a", tags: ["V1"]))
        try catalog.instance(instance("b", address: "10.0.0.9"))
        try catalog.instance(instance("c", of: "v2.web"))
        for name in ["v1.web.service.consul", "_web._v1.consul", "_web._v1.service.dc1.consul"] {
            let explanation = try catalog.explain(name, .srv)
            #expect(explanation.tag == "v1", "\(name)")
            #expect(
                lines(explanation) == [
                    "+a: it has no checks, weight 1", "-b: it does not have the tag \"v1\"",
                ],
                "\(name)"
            )
        }
        let all = try catalog.explain("_web._tcp.service.consul", .srv)
        #expect(all.tag == nil && all.summary.hasPrefix("2 of 2"))
        #expect(try catalog.explain("v2.web.service.consul", .a).service == "v2.web")
        let absent = try catalog.explain("v3.web.service.consul", .a)
        #expect(absent.summary == "no instance has this name, so that it does not exist")
    }

    @Test("in panic those that are down are answered too, and it is said why")
    func panic() throws {
        let catalog = try catalog { $0.panic = PanicThreshold(defaultPercent: 50) }
        try catalog.instance(instance("a", address: "10.0.0.3"), status: .critical)
        try catalog.instance(instance("b", address: "10.0.0.4"), status: .critical)
        try catalog.instance(instance("c", address: "10.0.0.5"), status: .critical)
        try catalog.change(.drain(InstanceKey(node: "n1", id: "c")))
        let explanation = try catalog.explain("web.service.consul", .a)
        #expect(
            Set(lines(explanation)) == [
                "+a: answered although check \"c\" is critical",
                "+b: answered although check \"c\" is critical",
                "-c: it is leaving: it was deregistered with drain",
            ]
        )
        #expect(explanation.remarks == ["panic: 0/2 healthy, all returned"])
    }

    @Test("limits and rules that an operator chose are named")
    func remarks() throws {
        let catalog = try catalog {
            $0.onlyPassing = true
            $0.limits = ServiceAnswerLimits(addressesMax: 1, smallReplyMax: 3)
        }
        try catalog.instance(instance("a"), status: .warning)
        let explanation = try catalog.explain("web.service.consul", .a)
        #expect(explanation.remarks.count == 2)
        #expect(
            lines(explanation)
                == ["-a: check \"c\" is warning (dns.only_passing leaves these out)"]
        )
    }

    @Test("what a rule hides is not listed")
    func hidden() throws {
        let catalog = try catalog()
        try catalog.instance(instance("a"))
        try catalog.instance(instance("b", on: "n2"))
        catalog.show(NameVisibility(showsService: { _ in true }, showsNode: { $0 != "n2" }))
        let explanation = try catalog.explain("web.service.consul", .a)
        #expect(lines(explanation).last == "-b: the token for DNS may not read the node n2")
        catalog.show(NameVisibility(showsService: { $0 != "web" }, showsNode: { _ in true }))
        let service = try catalog.explain("web.service.consul", .a)
        #expect(service.instances.isEmpty)
        #expect(service.summary == "the token for DNS may not read the service \"web\"")
    }

    @Test(
        "other names say what they stand for",
        arguments: [
            ("consul", "zone"), ("service.dc1.consul", "zone"), ("n2.node.consul", "node"),
            ("n2.node.dc1.consul", "node"), ("n9.node.consul", "nothing"),
            ("0a000001.addr.consul", "address"), ("0a000063.addr.consul", "nothing"),
            ("zz.addr.consul", "nothing"), ("1.0.0.10.in-addr.arpa", "reverse"),
            ("99.0.0.10.in-addr.arpa", "nothing"), ("gone.service.consul", "nothing"),
            ("web.service.dc2.consul", "nothing"), ("web.consul", "nothing"),
            ("nearest.query.consul", "nothing"), ("www.example.org", "outside"),
        ]
    )
    func otherNames(name: String, kind: String) throws {
        let explanation = try catalog().explain(name, .a)
        #expect(explanation.kind.rawValue == kind, "\(explanation)")
        #expect(!explanation.summary.isEmpty)
    }

    @Test("a prepared query tells what it found")
    func query() throws {
        let catalog = try catalog()
        try catalog.instance(instance("a"))
        try catalog.instance(instance("b", on: "n2"), status: .critical)
        try catalog.change(
            .setPreparedQuery(
                PreparedQuery(id: "q", name: "near", service: .init(service: "web"))
            )
        )
        let explanation = try catalog.explain("near.query.consul", .a)
        #expect(explanation.kind == .query && explanation.service == "web")
        #expect(
            explanation.summary
                == "the prepared query found 1 instances of web in dc1 and left out 1 for their"
                + " health"
        )
        #expect(lines(explanation) == ["+a: it has no checks"])
    }

    @Test("as many instances are said to be answered as records are", arguments: 0..<6)
    func agreesWithAnswers(seed: UInt64) throws {
        var random = RandomZones.Random(state: seed)
        let catalog = try catalog { $0.onlyPassing = seed % 2 == 1 }
        for id in 0..<40 {
            let tags = ["x", "y"].filter { _ in Bool.random(using: &random) }
            try catalog.instance(
                instance(
                    "i\(id)",
                    on: Bool.random(using: &random) ? "n1" : "n2",
                    tags: tags,
                    address: Bool.random(using: &random) ? "" : "10.1.0.\(id % 30)"
                ),
                status: HealthStatus.allCases.randomElement(using: &random)
            )
        }
        for name in ["web", "x.web", "y.web"] {
            for type in [RecordType.a, .aaaa] {
                let explained = try catalog.explain("\(name).service.consul", type)
                let answer = try catalog.answer("\(name).service.consul", type)
                #expect(explained.instances.count(where: \.answered) == answer.count)
            }
        }
    }
}
