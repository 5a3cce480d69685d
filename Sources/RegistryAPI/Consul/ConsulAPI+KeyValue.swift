internal import HTTPTypes
internal import ServiceCatalog

/// Keys and values: `kv/…`.
extension ConsulAPI {
    /// The key of a request: all of the path behind `kv/`, slashes at its ends included.
    private func key(of request: ConsulRequest) throws(APIError) -> String {
        guard let key = PercentText.decode(request.rawPath(below: "/v1/kv/")) else {
            throw APIError(.badRequest, "Invalid key name: it must be UTF-8")
        }
        return key
    }

    private func requiredKey(of request: ConsulRequest) throws(APIError) -> String {
        let key = try key(of: request)
        guard !key.isEmpty else { throw APIError(.badRequest, "Missing key name") }
        return key
    }

    /// Refuses parameters of which only one may be there.
    private func refuseConflict(
        _ request: ConsulRequest,
        _ names: [String]
    ) throws(APIError) {
        let given = names.filter(request.query.has)
        guard given.count < 2 else {
            throw APIError(.badRequest, "Conflicting flags: \(given.joined(separator: "&"))")
        }
    }

    private func number(
        _ request: ConsulRequest,
        _ name: String
    ) throws(APIError) -> UInt64? {
        guard let text = request.query.first(name) else { return nil }
        guard let number = UInt64(text) else {
            throw APIError(
                .badRequest,
                "Invalid value for ?\(name): \"\(text)\" is not a whole number",
                field: name
            )
        }
        return number
    }

    /// Answers a read of keys, once there is something new if the client waits for that.
    ///
    /// `find` tells what was found and whether something was hidden; nothing found is 404.
    private func read<Found: Sendable>(
        _ request: ConsulRequest,
        about topic: WatchTopic,
        find: (borrowing Catalog) -> (found: Found?, isFiltered: Bool),
        reply: (Found) -> ConsulReply
    ) async throws(APIError) -> ConsulReply {
        let options = try options(of: request)
        try checkDatacenter(of: request)
        try await options.waitUntilCurrent(isCoordination: true)
        await options.blocking.run(on: topic, context.keeper, request.client)
        let (index, result) = context.keeper.read { catalog in
            (catalog.index(of: topic), find(catalog))
        }
        var answer = result.found.map(reply) ?? ConsulReply(status: .notFound)
        answer.headers.append(contentsOf: options.headers(index: index))
        if result.isFiltered { answer.tellFiltered(for: request) }
        return answer
    }

    /// `GET kv/:key`, with `recurse`, `keys` and `raw`.
    func readKey(_ request: ConsulRequest) async throws(APIError) -> ConsulReply {
        let authorizer = request.authorizer
        if request.query.has("keys") {
            let prefix = try key(of: request)
            // Consul's first spelling of the word is still what some clients send.
            let separator =
                request.query.first("separator") ?? request.query.first("seperator") ?? ""
            return try await read(request, about: .keyPrefix(prefix)) { catalog in
                let all = catalog.keys(withPrefix: prefix, separator: separator)
                let keys =
                    authorizer.allowsEverything
                    ? all : all.filter { authorizer.allows(.keyRead($0)) }
                let found = keys.isEmpty && !prefix.isEmpty ? nil : keys
                return (found, keys.count < all.count)
            } reply: { keys in
                .json(for: request) { $0.strings(keys) }
            }
        }
        if request.query.has("recurse") {
            let prefix = try key(of: request)
            return try await read(request, about: .keyPrefix(prefix)) { catalog in
                let all = catalog.entries(withPrefix: prefix)
                let entries =
                    authorizer.allowsEverything
                    ? all : all.filter { authorizer.allows(.keyRead($0.key)) }
                return (entries.isEmpty ? nil : entries, entries.count < all.count)
            } reply: { entries in
                .json(for: request) { writer in
                    writer.beginArray()
                    for entry in entries { writer.keyValue(entry) }
                    writer.endArray()
                }
            }
        }
        let key = try requiredKey(of: request)
        try authorizer.require(.keyRead(key))
        let isRaw = request.query.has("raw")
        return try await read(request, about: .key(key)) { catalog in
            (catalog.entry(key), false)
        } reply: { entry in
            guard !isRaw else { return .rawValue(entry.value.bytes) }
            return .json(for: request, capacity: entry.value.bytes.count * 4 / 3 + 512) { writer in
                writer.beginArray()
                writer.keyValue(entry)
                writer.endArray()
            }
        }
    }

    /// `PUT kv/:key`, with `flags` and one of `cas`, `acquire` and `release`.
    func writeKey(_ request: ConsulRequest) async throws(APIError) -> ConsulReply {
        let key = try requiredKey(of: request)
        try refuseConflict(request, ["cas", "acquire", "release"])
        try checkDatacenter(of: request)
        try request.authorizer.require(.keyWrite(key))
        guard request.body.count <= context.limits.valueBytesMax else {
            throw APIError(
                .bodyTooLarge,
                "Request body(\(request.body.count) bytes) too large, max size:"
                    + " \(context.limits.valueBytesMax) bytes."
            )
        }
        let write = KeyValueWrite(
            key: key,
            value: request.body,
            flags: try number(request, "flags") ?? 0
        )
        if let index = try number(request, "cas") {
            return try await change(.compareAndSet(write, index: index), request)
        }
        if let session = request.query.first("acquire") {
            guard !context.lockDelays.isDelayed(key) else { return answer(false, request) }
            return try await change(.acquire(write, session: session), request)
        }
        if let session = request.query.first("release") {
            return try await change(.release(write, session: session), request)
        }
        return try await change(.set(write), request)
    }

    /// `DELETE kv/:key`, with `recurse` or `cas`.
    func deleteKey(_ request: ConsulRequest) async throws(APIError) -> ConsulReply {
        try refuseConflict(request, ["recurse", "cas"])
        try checkDatacenter(of: request)
        if request.query.has("recurse") {
            let prefix = try key(of: request)
            try request.authorizer.require(.keyWritePrefix(prefix))
            return try await change(.deleteTree(prefix: prefix), request)
        }
        let key = try requiredKey(of: request)
        try request.authorizer.require(.keyWrite(key))
        if let index = try number(request, "cas") {
            return try await change(.compareAndDelete(key: key, index: index), request)
        }
        return try await change(.delete(key: key), request)
    }

    /// Appends a change; a condition that does not hold is a plain `false`.
    private func change(
        _ change: KeyValueChange,
        _ request: ConsulRequest
    ) async throws(APIError) -> ConsulReply {
        do {
            try await context.log.append(.keyValue(change))
            return answer(true, request)
        } catch .rejected(.conditionFailed) {
            return answer(false, request)
        } catch .rejected(let rejection) {
            throw APIError(.serverFault, rejection.description)
        } catch {
            throw APIError(.unavailable, error.description)
        }
    }

    private func answer(_ isDone: Bool, _ request: ConsulRequest) -> ConsulReply {
        .json(for: request) { $0.bool(isDone) }
    }

    /// - Throws: `APIError` when the request is for another datacenter.
    func checkDatacenter(of request: ConsulRequest) throws(APIError) {
        guard isOwnDatacenter(request.query.first("dc")) else {
            throw APIError(.serverFault, "No path to datacenter")
        }
    }
}

extension ConsulReply {
    /// A value as it is.
    ///
    /// The header fields keep a browser from running what somebody stored.
    fileprivate static func rawValue(_ bytes: [UInt8]) -> ConsulReply {
        ConsulReply(
            headers: [
                .contentType: "text/plain",
                .xContentTypeOptions: "nosniff",
                .contentSecurityPolicy: "sandbox",
            ],
            body: bytes
        )
    }
}
