internal import HTTPTypes
internal import ServiceCatalog

/// User events and network coordinates: `event/…`, `coordinate/…`.
extension ConsulAPI {
    /// `PUT event/fire/:name`.
    func fireEvent(_ request: ConsulRequest) throws(APIError) -> ConsulReply {
        let name = try request.requiredName("name")
        try checkDatacenter(of: request)
        let query = request.query
        if query.first("tag") ?? "" != "", query.first("service") ?? "" == "" {
            throw APIError(.badRequest, "Cannot provide tag filter without service filter")
        }
        let event = UserEvent(
            id: UUIDText.random(),
            name: name,
            payload: Base64Bytes(request.body),
            nodeFilter: query.first("node") ?? "",
            serviceFilter: query.first("service") ?? "",
            tagFilter: query.first("tag") ?? "",
            time: 0
        )
        // Whoever fires it is not told its place in the order.
        var shown = context.events.fire(event)
        shown.time = 0
        return .json(for: request) { $0.event(shown) }
    }

    /// `GET event/list`, with `name`.
    func listEvents(_ request: ConsulRequest) async throws(APIError) -> ConsulReply {
        let options = try options(of: request)
        try checkDatacenter(of: request)
        let name = request.query.first("name") ?? ""
        let events = context.events
        let index = options.blocking.index
        await options.blocking.run(request.client) { wakeUp in
            events.wakes(wakeUp, whenOtherThan: index, named: name)
        } after: { wakeUp in
            events.forget(wakeUp)
        }
        let all = events.events(named: name)
        let authorizer = request.authorizer
        let visible =
            authorizer.allowsEverything
            ? all : all.filter { authorizer.allows(.eventRead($0.name)) }
        var reply = ConsulReply.json(for: request) { writer in
            writer.beginArray()
            for event in visible { writer.event(event) }
            writer.endArray()
        }
        reply.headers.append(contentsOf: options.headers(index: UserEvents.index(of: all)))
        if visible.count < all.count { reply.tellFiltered(for: request) }
        return reply
    }

    /// `GET coordinate/datacenters`: nothing measures them here.
    func coordinates(_ request: ConsulRequest) throws(APIError) -> ConsulReply {
        .json(for: request) { $0.strings([]) }
    }

    /// `GET coordinate/nodes`.
    func nodeCoordinates(_ request: ConsulRequest) async throws(APIError) -> ConsulReply {
        try await answer(request, about: .nodeList) { _, _ in
        } write: { writer, _ in
            writer.strings([])
        }
    }

    /// `GET coordinate/node/:node`: no node has any.
    func coordinateOfNode(_ request: ConsulRequest) async throws(APIError) -> ConsulReply {
        let name = try request.requiredName("node name")
        var reply = try await answer(request, about: .node(name)) { _, _ in
        } write: { writer, _ in
            writer.strings([])
        }
        reply.status = .notFound
        reply.body = []
        return reply
    }

    /// `PUT coordinate/update`: taken and not kept, so that programs that send them go on working.
    func updateCoordinate(_ request: ConsulRequest) throws(APIError) -> ConsulReply {
        try checkDatacenter(of: request)
        return .empty
    }
}

extension JSONWriter {
    fileprivate mutating func event(_ event: UserEvent) {
        beginObject()
        field("ID", event.id)
        field("Name", event.name)
        key("Payload")
        if event.payload.bytes.isEmpty { null() } else { base64(event.payload) }
        field("NodeFilter", event.nodeFilter)
        field("ServiceFilter", event.serviceFilter)
        field("TagFilter", event.tagFilter)
        field("Version", 1)
        field("LTime", event.time)
        endObject()
    }
}
