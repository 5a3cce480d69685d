internal import HTTPTypes
internal import Hummingbird
internal import ServiceCatalog
internal import ServiceLifecycle

extension NativeAPI {
    private struct Change: Encodable {
        struct Removed: Encodable {
            var id: String
            var node: String
        }

        var index: CatalogIndex
        var upserted: [InstanceView]
        var removed: [Removed]
    }

    /// `GET /services/{service}/watch`: the instances, then what changes, as server-sent events.
    ///
    /// - `state`: the list of all instances; first, unless `Last-Event-ID` is still current.
    /// - `change`: `{index, upserted, removed}`.
    ///
    /// Each has the index as its id. Silence is broken by a comment. What is remembered for a
    /// connection is the list that it was sent last; a client that does not take what it is sent is
    /// dropped.
    func watch(
        _ request: Request,
        _ context: APIRequestContext,
        _ authorizer: Authorizer
    ) async throws -> Response {
        let service = try context.pathParameter("service")
        try authorizer.require(.serviceRead(service))
        let filter = try InstanceFilter(QueryParameters(request))
        let lastID = HTTPField.Name("Last-Event-ID")
            .flatMap { request.headers[$0] }
            .flatMap { CatalogIndex($0) }
        let secret = RequestToken.secret(try QueryParameters(request), request.headers)
        let isAllowed: @Sendable () -> Bool = {
            let authorizer = try? api.access.authorizer(for: secret, in: api.keeper)
            return authorizer?.allows(.serviceRead(service)) ?? false
        }
        let (index, views) = api.keeper.read { filter.views(ofService: service, in: $0) }
        var headers = Self.headers(index: index)
        headers[.contentType] = "text/event-stream"
        headers[.cacheControl] = "no-store"
        // An event stream ends only with its connection.
        headers[.connection] = "close"
        return Response(
            status: .ok,
            headers: headers,
            body: ResponseBody { writer in
                try await writer.write(ByteBuffer(string: "retry: 1000\n\n"))
                if lastID != index {
                    try await writer.write(Self.event("state", index, views))
                }
                try await follow(
                    service,
                    filter,
                    since: (index, views),
                    isAllowed: isAllowed,
                    context,
                    &writer
                )
                try await writer.finish(nil)
            }
        )
    }

    /// Sends changes and heartbeats until the client goes or the server stops, or until the token no
    /// longer allows it.
    private func follow(
        _ service: String,
        _ filter: InstanceFilter,
        since sent: (index: CatalogIndex, views: [InstanceView]),
        isAllowed: () -> Bool,
        _ context: APIRequestContext,
        _ writer: inout any ResponseBodyWriter
    ) async throws {
        var index = sent.index
        var known = Dictionary(sent.views.map { ($0.key, $0) }) { $1 }
        var heartbeatDue = ContinuousClock.now + context.settings.eventStreamHeartbeat
        while true {
            await BlockingQuery.wait(
                for: .service(service),
                above: index,
                until: heartbeatDue,
                api.keeper,
                context.client
            )
            if context.client.hasGone || Task.isShuttingDownGracefully || Task.isCancelled {
                return
            }
            guard isAllowed() else { return }
            let (newIndex, views) = api.keeper.read { filter.views(ofService: service, in: $0) }
            if newIndex != index {
                index = newIndex
                let now = Dictionary(views.map { ($0.key, $0) }) { $1 }
                let change = Self.change(from: known, to: views, now, index)
                known = now
                // Nothing of it may concern this watcher: then there is nothing to tell.
                if let change {
                    try await writer.write(Self.event("change", index, change))
                    heartbeatDue = ContinuousClock.now + context.settings.eventStreamHeartbeat
                }
            }
            if ContinuousClock.now >= heartbeatDue {
                try await writer.write(ByteBuffer(string: ": heartbeat\n\n"))
                heartbeatDue = ContinuousClock.now + context.settings.eventStreamHeartbeat
            }
        }
    }

    private static func change(
        from known: [InstanceKey: InstanceView],
        to views: [InstanceView],
        _ now: [InstanceKey: InstanceView],
        _ index: CatalogIndex
    ) -> Change? {
        let upserted = views.filter { known[$0.key] != $0 }
        let removed = known.keys.filter { now[$0] == nil }.sorted()
        guard !upserted.isEmpty || !removed.isEmpty else { return nil }
        return Change(
            index: index,
            upserted: upserted,
            removed: removed.map { Change.Removed(id: $0.id, node: $0.node) }
        )
    }

    private static func event(
        _ name: String,
        _ index: CatalogIndex,
        _ data: some Encodable
    ) throws -> ByteBuffer {
        var buffer = ByteBuffer(string: "event: \(name)\nid: \(index)\ndata: ")
        // JSON without line breaks is one data line.
        buffer.writeBytes(try JSONReply.bytes(data))
        buffer.writeString("\n\n")
        return buffer
    }
}
