internal import HTTPTypes
internal import Hummingbird
internal import ServiceCatalog

extension NativeAPI {
    /// `GET /services`: the names of all services with their tags.
    func services(
        _ request: Request,
        _ context: APIRequestContext,
        _ authorizer: Authorizer
    ) async throws -> Response {
        let query = try QueryParameters(request)
        let blocking = try BlockingQuery(query)
        if query.has("consistent") { try await api.freshness.waitUntilCurrent() }
        await blocking.run(on: .serviceList, api.keeper, context.client)
        let (index, services) = api.keeper.read(about: .serviceList) { catalog in
            var services: [String: [String]] = [:]
            for name in catalog.serviceNames where authorizer.allows(.serviceRead(name)) {
                services[name] = catalog.tags(ofService: name)
            }
            return (catalog.serviceListIndex, services)
        }
        return Self.list(index: index) { writer in
            writer.beginObject()
            for (name, tags) in services.sorted(by: { $0.key < $1.key }) {
                writer.field(name, tags)
            }
            writer.endObject()
        }
    }

    /// `GET /services/{service}`: its instances, with `?passing`, `?tag=` and `?index=&wait=`.
    ///
    /// A service without any instance is unknown and answered with 404: a mistyped name should be
    /// noticed. A blocking query is answered with an empty list instead, for it may wait for the
    /// first instance.
    func instances(
        _ request: Request,
        _ context: APIRequestContext,
        _ authorizer: Authorizer
    ) async throws -> Response {
        let service = try context.pathParameter("service")
        try authorizer.require(.serviceRead(service))
        let query = try QueryParameters(request)
        let filter = try InstanceFilter(query)
        let blocking = try BlockingQuery(query)
        if query.has("consistent") { try await api.freshness.waitUntilCurrent() }
        await blocking.run(on: .service(service), api.keeper, context.client)
        let (isKnown, index, views) = api.keeper.read(about: .service(service)) { catalog in
            let (index, views) = filter.views(ofService: service, in: catalog)
            return (catalog.hasService(service), index, views)
        }
        guard isKnown || query.has("index") else {
            throw APIError(
                .notFound,
                "no service \"\(service)\" is registered",
                field: "service",
                hint: "GET /services lists all; with ?index=1 this waits for the first instance"
            )
        }
        return Self.list(index: index, capacity: 512 * (views.count + 1)) { $0.instances(views) }
    }

    private static func list(
        index: CatalogIndex,
        capacity: Int = 4_096,
        _ write: (inout JSONWriter) -> Void
    ) -> Response {
        var writer = JSONWriter(capacity: capacity)
        write(&writer)
        var reply = WholeReply(contentType: "application/json", body: writer.bytes)
        reply.body.append(UInt8(ascii: "\n"))
        if let indexHeader { reply.fields.append((indexHeader, String(index))) }
        return reply.response
    }
}
