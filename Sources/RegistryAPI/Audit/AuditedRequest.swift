internal import HTTPTypes
internal import ServiceCatalog
internal import Synchronization

/// A request that writes, while it is answered: gathers what becomes of it, and records it once.
final class AuditedRequest: Sendable {
    /// The one that the task is answering; nil while there is no record to keep.
    @TaskLocal static var current: AuditedRequest?

    /// A request may change more, such as an import; the rest is counted.
    private static let subjectsMax = 32

    private let trail: any AuditTrail
    private let entry: Mutex<AuditEntry>

    /// Nil for a request that only reads.
    ///
    /// - Parameter secret: of the request's token. Who it is is looked up now: the request may be
    ///   the token's end.
    init?(
        _ trail: any AuditTrail,
        _ api: APIContext,
        method: String,
        path: String,
        client: ClientPresence,
        secret: () -> String?
    ) {
        guard HTTPMethods.isWrite(method) else { return nil }
        self.trail = trail
        entry = Mutex(
            AuditEntry(
                timeMilliseconds: api.access.now(),
                clientAddress: client.address ?? "unknown",
                clientPort: client.port,
                token: api.access.isEnabled ? Self.token(secret(), api) : nil,
                method: method,
                path: path
            )
        )
    }

    private static func token(_ secret: String?, _ api: APIContext) -> AuditEntry.Token {
        let given = secret ?? api.access.settings.defaultSecret ?? AccessToken.anonymousSecretID
        let known = api.keeper.read { $0.accessToken(secretID: given) }
        if let known {
            return AuditEntry.Token(accessorID: known.accessorID, name: known.description)
        }
        let isAnonymous = given == AccessToken.anonymousSecretID
        return AuditEntry.Token(
            accessorID: isAnonymous ? Authorizer.anonymousAccessorID : nil,
            name: isAnonymous ? "Anonymous Token" : "unknown"
        )
    }

    /// Notes a change that the request asked the log for.
    func note(_ change: CatalogChange, _ result: Result<CatalogWrite, CatalogLogError>) {
        let subjects = AuditEntry.subjects(of: change)
        entry.withLock { entry in
            let room = max(Self.subjectsMax - entry.subjects.count, 0)
            entry.subjects += subjects.prefix(room)
            entry.unlistedSubjects += max(subjects.count - room, 0)
            if case .success(let write) = result { entry.index = write.index }
        }
    }

    /// Notes why the request was not fulfilled.
    func note(_ error: APIError) {
        entry.withLock { $0.error = error.message }
    }

    /// Records the request with the status of its answer.
    ///
    /// A heartbeat that changed nothing is no write.
    func end(status: Int) {
        let finished = entry.withLock { entry in
            entry.status = status
            return entry
        }
        if status < 400, finished.subjects.isEmpty, Self.isHeartbeat(finished.path ?? "") { return }
        trail.record(finished)
    }

    private static func isHeartbeat(_ path: String) -> Bool {
        path.hasPrefix("/heartbeat/") || path.hasPrefix("/v1/agent/check/")
            || path.hasPrefix("/v1/session/renew/")
    }
}

/// What methods of HTTP mean.
enum HTTPMethods {
    /// True unless RFC 9110 §9.2.1 calls it safe.
    static func isWrite(_ method: String) -> Bool {
        switch method {
        case "GET", "HEAD", "OPTIONS", "TRACE": false
        default: true
        }
    }
}
