import Logging
import ServiceCatalog
import ServiceLifecycle

@testable import RegistryAPI

/// The real server on a free port, over a catalog in memory.
struct TestServer: Sendable {
    let keeper: CatalogKeeper
    let log: MemoryLog
    let leases: LeaseBook
    /// What `/health` shows.
    let problems: Problems
    let port: Int
    let api: APIContext
    let service: APIService
    let group: ServiceGroup

    static let nodeName = "local"

    /// Runs `body` while the server runs, then stops it as SIGTERM would.
    static func with(
        limits: CatalogLimits = CatalogLimits(),
        settings: APISettings = APISettings(),
        access: AccessControl = .off,
        answerTTLSeconds: Int = 0,
        _ body: (TestServer) async throws -> Void
    ) async throws {
        let keeper = CatalogKeeper(Catalog(datacenter: "dc1", limits: limits))
        let log = MemoryLog(keeper)
        let leases = LeaseBook(keeper)
        let problems = Problems(now: { 1_784_000_000_000 })
        let node = Node(name: nodeName, address: "10.9.9.9", datacenter: "dc1")
        try await log.append(.register(Registration(node: node)))
        var api = context(keeper, log, leases, problems, limits, answerTTLSeconds)
        api.access = access
        var logger = Logger(label: "test")
        logger.logLevel = .critical
        let service = try await APIService.bind(
            to: [("127.0.0.1", 0)],
            api: api,
            settings: settings,
            logger: logger
        )
        let group = ServiceGroup(
            configuration: ServiceGroupConfiguration(
                services: [
                    ServiceGroupConfiguration.ServiceConfiguration(
                        service: service,
                        successTerminationBehavior: .gracefullyShutdownGroup
                    ),
                    .init(service: WatchClock(keeper: keeper)),
                ],
                logger: logger
            )
        )
        let server = TestServer(
            keeper: keeper,
            log: log,
            leases: leases,
            problems: problems,
            port: service.addresses[0].port,
            api: api,
            service: service,
            group: group
        )
        try await withThrowingTaskGroup { tasks in
            tasks.addTask { try await group.run() }
            do {
                try await body(server)
            } catch {
                await group.triggerGracefulShutdown()
                throw error
            }
            await group.triggerGracefulShutdown()
            try await tasks.waitForAll()
        }
    }

    /// Begins to stop the server, as SIGTERM does.
    func stop() async { await group.triggerGracefulShutdown() }

    private static func context(
        _ keeper: CatalogKeeper,
        _ log: MemoryLog,
        _ leases: LeaseBook,
        _ problems: Problems,
        _ limits: CatalogLimits,
        _ answerTTLSeconds: Int
    ) -> APIContext {
        APIContext(
            keeper: keeper,
            log: log,
            heartbeats: leases,
            identity: ServerIdentity(
                nodeName: nodeName,
                nodeID: "",
                address: "10.9.9.9",
                datacenter: "dc1",
                domain: "consul.",
                version: "0.0.0-test",
                dnsAddresses: ["127.0.0.1:8600"]
            ),
            limits: limits,
            probeTargets: .privateNetworks,
            leaseTerms: LeaseTerms(),
            answerTTLSeconds: { _ in answerTTLSeconds },
            explain: { (name, type) throws(FieldError) in
                try explanation(name, type)
            },
            metricsText: { "rollcall_up 1\n" },
            problems: problems
        )
    }
}

/// Ends blocking queries at their deadline, as the program does.
private struct WatchClock: Service {
    let keeper: CatalogKeeper

    func run() async throws {
        // Being cancelled is how it ends.
        try? await cancelWhenGracefulShutdown {
            while true {
                try await Task.sleep(for: .milliseconds(20))
                keeper.wakeExpired(now: .now)
            }
        }
    }
}
