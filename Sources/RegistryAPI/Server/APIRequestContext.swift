internal import HTTPTypes
internal import Hummingbird
internal import Logging
internal import NIOCore

/// What a handler has beside the request: path parameters, the body, the client's presence.
struct APIRequestContext: RequestContext {
    /// What a context is made from.
    struct Source: RequestContextSource {
        var logger: Logger
        var channel: any Channel
        var client: ClientPresence
        var settings: APISettings
        var bodies: BodyBudget
    }

    var coreContext: CoreRequestContextStorage
    let channel: any Channel
    /// Tells when the client has gone.
    let client: ClientPresence
    let settings: APISettings
    /// What the body takes of the memory for all bodies.
    let share: BodyShare

    init(source: Source) {
        self.coreContext = CoreRequestContextStorage(source: source)
        self.channel = source.channel
        self.client = source.client
        self.settings = source.settings
        self.share = BodyShare(source.bodies)
    }
}

// MARK: - The path

extension APIRequestContext {
    /// A named part of the path, percent-decoded.
    func pathParameter(_ name: String) throws(APIError) -> String {
        guard let text = parameters.get(name).flatMap({ PercentText.decode($0) }), !text.isEmpty
        else {
            throw APIError(.badRequest, "the path must have a \(name) in UTF-8", field: name)
        }
        return text
    }

    /// What `**` at the end of the route's path stands for, percent-decoded, with its slashes.
    func pathRest() throws(APIError) -> String {
        let rest = parameters.get(String(Parameters.recursiveCaptureKey)) ?? ""
        guard let text = PercentText.decode(rest), !text.isEmpty else {
            throw APIError(.badRequest, "the end of the path is missing or not UTF-8")
        }
        return text
    }
}

// MARK: - The body

extension APIRequestContext {
    /// The whole body of the request, within the limits of size and time.
    ///
    /// - Parameter isSnapshot: true for a snapshot, which has a limit of its own.
    func body(of request: Request, isSnapshot: Bool = false) async throws -> [UInt8] {
        let limit = isSnapshot ? settings.snapshotBytesMax : settings.bodyBytesMax
        let setting = isSnapshot ? nil : "http.body_bytes_max"
        try checkDeclaredSize(of: request, limit: limit, setting)
        if isSnapshot { try share.takeSnapshot() }
        var bytes: [UInt8] = []
        try await readBody(of: request) { part in
            guard bytes.count + part.readableBytes <= limit else {
                throw Self.tooLarge(limit, setting)
            }
            if !isSnapshot { try share.take(part.readableBytes) }
            bytes.append(contentsOf: part.readableBytesView)
        }
        return bytes
    }

    /// Hands the body of the request to `take`, as it comes and within the limit of time.
    ///
    /// - Throws: what `take` throws; `APIError` when the client is too slow; `ConnectionLost`.
    func readBody(
        of request: Request,
        _ take: (ByteBuffer) async throws -> Void
    ) async throws {
        let deadline = BodyDeadline(channel: channel, settings: settings)
        defer { deadline.cancel() }
        var totalBytes = 0
        var iterator = request.body.makeAsyncIterator()
        while true {
            let part: ByteBuffer?
            do {
                part = try await iterator.next()
            } catch {
                try deadline.check()
                throw ConnectionLost(cause: error)
            }
            try deadline.check()
            guard let part else { return }
            totalBytes += part.readableBytes
            deadline.didRead(totalBytes: totalBytes)
            try await take(part)
        }
    }

    /// - Parameter setting: what the limit is in the settings.
    func checkDeclaredSize(
        of request: Request,
        limit: Int,
        _ setting: String?
    ) throws(APIError) {
        let declared = request.headers[.contentLength].flatMap { Int($0) } ?? 0
        guard declared <= limit else { throw Self.tooLarge(limit, setting) }
    }

    static func tooLarge(_ limit: Int, _ setting: String?) -> APIError {
        APIError(
            .bodyTooLarge,
            "the body must not be larger than \(limit) bytes",
            limit: setting
        )
    }
}
