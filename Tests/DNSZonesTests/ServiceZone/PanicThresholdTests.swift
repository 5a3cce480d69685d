import DNSResponder
import DNSWire
import ServiceCatalog
import Testing

@testable import DNSZones

@Suite("Panic threshold")
struct PanicThresholdTests {
    /// `web` with four instances, of which the first `down` are critical.
    private func four(
        down: Int,
        _ panic: PanicThreshold,
        largeLimits: LargeService.Limits? = nil
    ) throws -> Published {
        let published = try Published(panic: panic, largeLimits: largeLimits)
        for number in 1...4 {
            try published.register(
                "w\(number)",
                address: "10.0.1.\(number)",
                tags: number == 4 ? ["v1"] : [],
                status: number <= down ? .critical : .passing
            )
        }
        return published
    }

    private func addressCount(_ published: Published) throws -> Int? {
        guard case .rrsets(let rrsets) = try published.name("web.service.consul")?.here else {
            return nil
        }
        return rrsets.first { $0.type == .a }?.allRdata.count
    }

    private static let half = PanicThreshold(defaultPercent: 50)
    private static let all = (1...4).map { "10.0.1.\($0)" }

    @Test("is off by default: the last healthy one stands alone, and none are none")
    func off() throws {
        let published = try four(down: 3, PanicThreshold())
        #expect(try published.records("web.service.consul", .a) == ["10.0.1.4"])
        #expect(published.panickingServices == [])
        try published.register("w4", address: "10.0.1.4", status: .critical)
        #expect(try published.records("web.service.consul", .a) == [])
    }

    @Test("fewer healthy ones than the threshold: all are answered, and the note says why")
    func below() throws {
        let published = try four(down: 3, Self.half)
        #expect(try published.records("web.service.consul", .a) == Self.all)
        #expect(try published.records("web.service.consul", .srv)?.count == 4)
        let note = try published.name("web.service.consul")?.note
        #expect(note?.extraText == "panic: 1/4 healthy, all returned")
        #expect(note?.infoCode == ExtendedError.other)
        #expect(published.panickingServices == ["web"])
        #expect(
            try published.records("v1.web.service.consul", .a) == ["10.0.1.4"],
            "a tag counts its own instances"
        )
        #expect(try published.name("v1.web.service.consul")?.note == nil)
    }

    @Test("as many as the threshold are enough, and it ends when they are back")
    func enough() throws {
        let published = try four(down: 3, Self.half)
        try published.register("w3", address: "10.0.1.3", status: .passing)
        #expect(try published.records("web.service.consul", .a) == ["10.0.1.3", "10.0.1.4"])
        #expect(try published.name("web.service.consul")?.note?.extraText == "2/4 unhealthy")
        #expect(published.panickingServices == [])
    }

    @Test("who drains or is in maintenance is neither answered nor counted")
    func withheld() throws {
        let published = try four(down: 2, Self.half)
        try published.change(.drain(InstanceKey(node: "n1", id: "w4")))
        let maintenance = HealthCheck(
            node: "n1",
            id: HealthCheck.serviceMaintenanceID("w1"),
            name: "m",
            status: .critical,
            serviceID: "w1"
        )
        try published.change(
            .register(Registration(checks: [RegisteredCheck(maintenance, keepsStatus: true)]))
        )
        #expect(try published.records("web.service.consul", .a) == ["10.0.1.3"], "1/2 is enough")
        try published.register("w3", address: "10.0.1.3", status: .critical)
        #expect(try published.records("web.service.consul", .a) == ["10.0.1.2", "10.0.1.3"])
        #expect(
            try published.name("web.service.consul")?.note?.extraText
                == "panic: 0/2 healthy, all returned"
        )
        #expect(try published.differencesFromFresh() == [])
    }

    @Test("a service has its own threshold by name, else by the longest prefix")
    func perService() throws {
        let threshold = PanicThreshold(
            defaultPercent: 100,
            perService: PerService(exact: ["web": 0], prefixes: ["we": 80, "w": 10])
        )
        #expect(threshold.percent("WEB") == 0)
        #expect(threshold.percent("web2") == 80)
        #expect(threshold.percent("www") == 10)
        #expect(threshold.percent("payment") == 100)
        let published = try four(down: 3, threshold)
        #expect(try published.records("web.service.consul", .a) == ["10.0.1.4"])
    }

    @Test("a large service panics as a small one does")
    func large() throws {
        let limits = LargeService.Limits(instancesMin: 4, messageBytes: 1)
        let published = try four(down: 2, Self.half, largeLimits: limits)
        #expect(try addressCount(published) == 2)
        try published.register("w3", address: "10.0.1.3", status: .critical)
        #expect(try published.records("web.service.consul", .a)?.sorted() == Self.all)
        #expect(
            try published.name("web.service.consul")?.note?.extraText
                == "panic: 1/4 healthy, all returned"
        )
        #expect(try published.differencesFromFresh() == [])
        try published.register("w3", address: "10.0.1.3", status: .passing)
        #expect(try addressCount(published) == 2)
        #expect(published.panickingServices == [])
        #expect(try published.differencesFromFresh() == [])
    }

    @Test("a reload puts another threshold in force, and a service that goes panics no more")
    func reload() throws {
        let published = try four(down: 3, PanicThreshold())
        try published.reload { $0.panic = Self.half }
        #expect(try published.records("web.service.consul", .a) == Self.all)
        for number in 1...4 {
            try published.change(
                .deregisterInstance(InstanceKey(node: "n1", id: "w\(number)"), onlyIf: nil)
            )
        }
        #expect(try published.name("web.service.consul") == nil)
        #expect(published.panickingServices == [])
    }
}
