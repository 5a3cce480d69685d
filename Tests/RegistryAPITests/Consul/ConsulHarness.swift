import HTTPTypes
import Hummingbird
import Logging
import NIOCore
import ServiceCatalog
import Synchronization

@testable import RegistryAPI

/// Consul's API over a catalog of its own, with the local node as start-up code leaves it.
final class ConsulHarness: Sendable {
    let keeper: CatalogKeeper
    let log: MemoryLog
    let leases: LeaseBook
    let api: ConsulAPI
    let context: APIContext

    init(
        probeTargets: ProbeTargetPolicy = .privateNetworks,
        access: AccessControl = .off,
        metricsText: String = ""
    ) async throws {
        let keeper = CatalogKeeper(Catalog(datacenter: "dc1"))
        self.keeper = keeper
        log = MemoryLog(keeper)
        leases = LeaseBook(keeper)
        context = APIContext(
            keeper: keeper,
            log: log,
            heartbeats: leases,
            identity: ServerIdentity(
                nodeName: "self",
                nodeID: "0b7a2f0e-1111-4222-8333-944444444444",
                address: "127.0.0.1",
                datacenter: "dc1",
                domain: "consul.",
                version: "0.1",
                dnsAddresses: ["127.0.0.1:8600"]
            ),
            access: access,
            limits: CatalogLimits(),
            probeTargets: probeTargets,
            leaseTerms: LeaseTerms(),
            answerTTLSeconds: { _ in 5 },
            explain: { (name, type) throws(FieldError) in
                try explanation(name, type)
            },
            metricsText: { metricsText },
            problems: Problems(now: { 0 })
        )
        api = ConsulAPI(context)
        let node = Node(
            id: "0b7a2f0e-1111-4222-8333-944444444444",
            name: "self",
            address: "127.0.0.1",
            datacenter: "dc1",
            meta: ["a": "b"]
        )
        let alive = HealthCheck(
            node: "self",
            id: "serfHealth",
            name: "Serf Health Status",
            status: .passing,
            output: "Agent alive and reachable"
        )
        try await log.append(
            .register(
                Registration(
                    node: node,
                    instance: ServiceInstance(
                        node: "self",
                        id: "consul",
                        service: "consul",
                        port: 8300
                    ),
                    checks: [RegisteredCheck(alive, keepsStatus: false)]
                )
            )
        )
    }

    /// Sends one request past the HTTP server, straight to the handler of its route.
    func send(
        _ method: HTTPRequest.Method,
        _ target: String,
        _ body: String = "",
        headers: HTTPFields = [:],
        client: ClientPresence = ClientPresence()
    ) async throws -> ConsulAnswer {
        let path = String(target.prefix { $0 != "?" })
        let routes = ConsulRoutes.all.filter { $0.method == method }
        // The most exact route first, as a router decides.
        let fitting = routes.filter { route in
            route.path.hasSuffix("/")
                ? "\(path)/".hasPrefix("/v1/\(route.path)") : path == "/v1/\(route.path)"
        }
        let exact = fitting.first { path == "/v1/\($0.path)" }
        guard let route = exact ?? fitting.max(by: { $0.path.count < $1.path.count }) else {
            throw NoRoute(description: "\(method) \(path)")
        }
        let rest = path.dropFirst("/v1/\(route.path)".count)
        let response = await route.respond(
            to: Request(
                head: HTTPRequest(
                    method: method,
                    scheme: nil,
                    authority: nil,
                    path: target,
                    headerFields: headers
                ),
                body: RequestBody(buffer: ByteBuffer())
            ),
            name: PercentText.decode(rest) ?? "",
            body: Array(body.utf8),
            client: client,
            api,
            logger: Logger(label: "test")
        )
        let collector = BodyCollector()
        try await response.body.write(collector)
        var fields: [String: String] = [:]
        for field in response.headers { fields[field.name.rawName] = field.value }
        return ConsulAnswer(
            status: response.status.code,
            headers: fields,
            body: String(buffer: collector.bytes.withLock { $0 })
        )
    }

    func get(_ target: String) async throws -> ConsulAnswer { try await send(.get, target) }

    func put(_ target: String, _ body: String = "") async throws -> ConsulAnswer {
        try await send(.put, target, body)
    }
}

private struct NoRoute: Error, CustomStringConvertible {
    let description: String
}

private final class BodyCollector: ResponseBodyWriter {
    let bytes = Mutex(ByteBuffer())

    func write(_ buffer: ByteBuffer) async throws {
        bytes.withLock { _ = $0.writeImmutableBuffer(buffer) }
    }

    func finish(_ trailingHeaders: HTTPFields?) async throws {}
}
