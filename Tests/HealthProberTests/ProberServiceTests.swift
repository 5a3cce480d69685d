internal import Logging
internal import NIOHTTP1
internal import ServiceCatalog
internal import ServiceLifecycle
internal import Synchronization
internal import TestSupport
internal import Testing

@testable internal import HealthProber

/// The running service against real servers, with a log that applies at once.
@Suite("Prober service")
struct ProberServiceTests {
    /// Applies each change as the log of one process does.
    private final class DirectLog: CatalogLog {
        let keeper: CatalogKeeper
        private let index: Mutex<CatalogIndex> = Mutex(1)

        init(_ keeper: CatalogKeeper) { self.keeper = keeper }

        func append(_ change: CatalogChange, then settle: @escaping Settle) {
            let result = index.withLock { index in
                index += 1
                return keeper.apply([change], from: index)[0]
            }
            settle(result.mapError { .rejected($0) })
        }
    }

    private let keeper: CatalogKeeper
    private let log: DirectLog
    private let service: ProberService

    init() async throws {
        keeper = CatalogKeeper(Catalog(datacenter: "dc1"))
        log = DirectLog(keeper)
        service = ProberService(
            keeper: keeper,
            log: log,
            policy: .privateNetworks,
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        )
        try await log.append(
            .register(Registration(node: Node(name: "n", address: "127.0.0.1", datacenter: "dc1")))
        )
    }

    private func whileRunning(_ body: () async throws -> Void) async throws {
        let service: any Service = service
        try await withThrowingTaskGroup { group in
            group.addTask { try await service.run() }
            try await body()
            group.cancelAll()
            try await group.waitForAll()
        }
    }

    private func register(_ id: String, _ definition: CheckDefinition) async throws {
        let check = HealthCheck(
            node: "n",
            id: id,
            name: id,
            serviceID: id,
            definition: definition
        )
        let instance = ServiceInstance(node: "n", id: id, service: "web")
        try await log.append(
            .register(
                Registration(
                    instance: instance,
                    checks: [RegisteredCheck(check, keepsStatus: true)]
                )
            )
        )
    }

    private func status(_ id: String) -> HealthStatus? {
        keeper.read { $0.check(CheckKey(node: "n", id: id))?.status }
    }

    @Test("Of three real servers one is stopped: it leaves in time, and returns when it is back")
    func threeServers() async throws {
        var servers: [LoopbackServer] = []
        for _ in 0..<3 { servers.append(try await LoopbackServer.http { _, _ in .init() }) }
        try await whileRunning {
            for (number, server) in servers.enumerated() {
                try await register(
                    "web-\(number)",
                    CheckDefinition(
                        probe: .http(HTTPProbe(url: "http://127.0.0.1:\(server.port)/")),
                        intervalMilliseconds: 1_000,
                        timeoutMilliseconds: 1_000,
                        failuresBeforeWarning: 3,
                        failuresBeforeCritical: 3
                    )
                )
            }
            try await eventually("all are passing", within: .seconds(30)) {
                (0..<3).allSatisfy { status("web-\($0)") == .passing }
            }
            try await servers[1].stop()
            let killed = ContinuousClock.now
            try await eventually("the stopped one is critical", within: .seconds(30)) {
                status("web-1") == .critical
            }
            // One interval and a second, and room for a machine that is busy with other tests.
            #expect(ContinuousClock.now - killed < .seconds(8))
            #expect(status("web-0") == .passing)
            #expect(status("web-2") == .passing)
            let output = keeper.read { $0.check(CheckKey(node: "n", id: "web-1"))?.output }
            #expect(output?.hasPrefix("3/3 failures: Get \"http://127.0.0.1:") == true)
            servers[1] = try await LoopbackServer.http(port: servers[1].port) { _, _ in .init() }
            try await eventually("it is back", within: .seconds(30)) { status("web-1") == .passing }
        }
        for server in servers { try await server.stop() }
    }

    @Test("A lease that nobody renews removes its instance")
    func lease() async throws {
        let key = InstanceKey(node: "n", id: "leased")
        try await whileRunning {
            let lease = Lease(id: "l", ttlMilliseconds: 300)
            let instance = ServiceInstance(node: "n", id: "leased", service: "web", lease: lease)
            try await log.append(.register(Registration(instance: instance)))
            #expect(service.renewLease(of: key) == lease)
            #expect(service.metrics.leases == 1)
            try await eventually("the instance is gone", within: .seconds(30)) {
                keeper.read { $0.instance(key) } == nil
            }
            #expect(service.renewLease(of: key) == nil)
        }
        #expect(service.metrics.leaseExpiries == 1)
    }

    @Test("Heartbeats of strangers are refused")
    func strangers() {
        #expect(service.renewLease(of: InstanceKey(node: "?", id: "?")) == nil)
        #expect(!service.renewCheck(CheckKey(node: "?", id: "?")))
    }

    @Test("A stop ends at once, though probes hang")
    func stop() async throws {
        let server = try await LoopbackServer.http { _, _ in .init(isSilent: true) }
        let start = ContinuousClock.now
        try await whileRunning {
            try await register(
                "hangs",
                CheckDefinition(
                    probe: .http(HTTPProbe(url: "http://127.0.0.1:\(server.port)/")),
                    timeoutMilliseconds: 60_000
                )
            )
            try await eventually("the probe runs", within: .seconds(30)) {
                service.metrics.probesInFlight == 1
            }
        }
        #expect(ContinuousClock.now - start < .seconds(10))
        try await server.stop()
    }

    @Test("Metrics count probes by type and result")
    func metrics() async throws {
        let port = try await LoopbackServer.closedPort()
        try await whileRunning {
            try await register(
                "refused",
                CheckDefinition(probe: .tcp(host: "127.0.0.1", port: port, tls: nil))
            )
            try await eventually("it was probed", within: .seconds(30)) {
                service.metrics.probes[.init(type: "tcp", result: .critical)] == 1
            }
        }
        #expect(service.metrics.checksScheduled == 1)
        #expect(service.metrics.lateness.reduce(0, +) == 1)
    }
}
