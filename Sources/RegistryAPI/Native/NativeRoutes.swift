internal import HTTPTypes
internal import Hummingbird
internal import ServiceCatalog

/// Adds the routes of Rollcall's own API.
func addNativeRoutes(to routes: inout RouteTable, context api: APIContext) {
    let native = NativeAPI(api: api)
    routes.get("/") { _, _ in try native.index() }
    routes.post("/register") { try await native.register($0, $1) }
    routes.put("/heartbeat/{instance_id}") { try await native.heartbeat($0, $1) }
    routes.post("/heartbeat/{instance_id}") { try await native.heartbeat($0, $1) }
    routes.delete("/instances/{instance_id}") { try await native.deregister($0, $1) }
    routes.get("/services") { try await native.services($0, $1) }
    routes.get("/services/{service}") { try await native.instances($0, $1) }
    routes.get("/services/{service}/watch") { try await native.watch($0, $1) }
    routes.post("/import") { try await native.importLines($0, $1) }
    routes.get("/health") { _, _ in try native.health() }
    routes.get("/ready") { _, _ in try native.ready() }
    routes.get("/metrics") { _, _ in native.metrics() }
}

/// The handlers of Rollcall's own API.
struct NativeAPI: Sendable {
    let api: APIContext

    var rules: RegistrationRules { RegistrationRules(.native, limits: api.limits) }

    static let indexHeader = HTTPField.Name("X-Rollcall-Index")

    /// The header that tells which index a response shows.
    static func headers(index: CatalogIndex) -> HTTPFields {
        var headers: HTTPFields = [:]
        if let indexHeader { headers[indexHeader] = String(index) }
        return headers
    }
}
