internal import HTTPTypes
internal import Hummingbird
internal import Logging
internal import ServiceCatalog

/// Turns errors into statuses and bodies; the only place that does.
enum ErrorMapping {
    /// How an API words its errors.
    enum Dialect: Hashable, Sendable {
        /// A JSON object `{error, field?, hint?}`.
        case native
        /// Plain text.
        case consul

        /// The dialect of the API that `path` belongs to.
        init(path: String) {
            self = path == "/v1" || path.hasPrefix("/v1/") ? .consul : .native
        }
    }

    /// The body of a native error.
    private struct NativeBody: Encodable {
        var error: String
        var field: String?
        var hint: String?
    }

    static func response(for error: any Error, _ dialect: Dialect, logger: Logger) -> Response {
        reply(for: error, dialect, logger: logger).response
    }

    /// - Parameter audited: told why the request is refused; that of the task unless given.
    static func reply(
        for error: any Error,
        _ dialect: Dialect,
        logger: Logger,
        audited: AuditedRequest? = AuditedRequest.current
    ) -> WholeReply {
        let error = apiError(error, dialect, logger: logger)
        audited?.note(error)
        let limit = error.limit.map { "the limit is \($0) in the server's settings" }
        let text = error.message + (limit.map { "; \($0)" } ?? "")
        var reply = WholeReply(
            status: status(of: error.kind),
            contentType: "text/plain; charset=utf-8",
            body: Array(text.utf8)
        )
        if case .methodNotAllowed(let allowed) = error.kind {
            reply.fields.append((.allow, allowed.joined(separator: ", ")))
        }
        if error.kind == .unavailable || error.kind == .bodiesFull {
            reply.fields.append((.retryAfter, "1"))
        }
        switch error.kind {
        // The rest of the head or of the body is not read.
        case .timedOut, .bodyTooLarge, .bodiesFull, .headTooLarge:
            reply.fields.append((.connection, "close"))
        default: break
        }
        if dialect == .native {
            let body = NativeBody(
                error: error.message,
                field: error.field,
                hint: error.hint ?? limit
            )
            if let bytes = try? JSONReply.bytes(body) {
                reply.contentType = "application/json"
                reply.body = bytes + [UInt8(ascii: "\n")]
            }
        }
        return reply
    }

    /// True for what says that there is no such thing.
    static func isUnknown(_ error: any Error) -> Bool { (error as? APIError)?.kind == .notFound }

    private static func status(of kind: APIError.Kind) -> HTTPResponse.Status {
        switch kind {
        case .badRequest: .badRequest
        case .forbidden: .forbidden
        case .notFound: .notFound
        case .methodNotAllowed: .methodNotAllowed
        case .conflict: .conflict
        case .bodyTooLarge: .contentTooLarge
        case .headTooLarge: .requestHeaderFieldsTooLarge
        case .timedOut: .requestTimeout
        case .unavailable, .bodiesFull: .serviceUnavailable
        case .serverFault: .internalServerError
        }
    }

    /// Any error as the one that is sent.
    static func apiError(_ error: any Error, _ dialect: Dialect, logger: Logger) -> APIError {
        switch error {
        case let error as APIError: return error
        case let error as FieldError:
            return APIError(
                .badRequest,
                error.description,
                field: error.field,
                hint: error.hint,
                limit: error.limit
            )
        case let error as AccessDenial: return APIError(error)
        case let error as JSONSyntaxError: return APIError(.badRequest, error.description)
        case let error as CatalogLogError: return apiError(error)
        case let error as CatalogRejection: return apiError(error)
        case let error as HTTPError where error.status == .notFound:
            return APIError(
                .notFound,
                dialect == .consul
                    ? "Invalid URL path: not a recognized HTTP API endpoint"
                    : "there is nothing at this path",
                hint: "GET / lists what there is"
            )
        case let error as HTTPError:
            return APIError(.badRequest, error.body ?? error.status.reasonPhrase)
        default:
            logger.error("request failed unexpectedly", metadata: ["error": "\(error)"])
            return APIError(.serverFault, "an internal error; the server's log has more")
        }
    }

    private static func apiError(_ error: CatalogLogError) -> APIError {
        switch error {
        case .rejected(let rejection): apiError(rejection)
        case .unavailable, .overloaded, .stopping, .cutOff:
            APIError(.unavailable, error.description)
        }
    }

    private static func apiError(_ rejection: CatalogRejection) -> APIError {
        switch rejection {
        case .unknownNode, .unknownInstance, .unknownCheck:
            APIError(.notFound, rejection.description)
        case .nodeIDTaken, .conditionFailed:
            APIError(.conflict, rejection.description)
        case .limitReached(let what, _):
            APIError(
                .unavailable,
                rejection.description,
                limit: limitSetting(of: what)
            )
        case .unknownPreparedQuery, .unknownAccessPolicy, .unknownAccessToken:
            APIError(.notFound, rejection.description)
        case .invalidSession, .checkIsCritical, .preparedQueryNameTaken, .preparedQueryNameIsID,
            .accessPolicyNameTaken,
            .accessTokenTaken, .transactionFailed:
            APIError(.serverFault, rejection.description)
        }
    }

    /// The setting that bounds what the catalog holds of something.
    private static func limitSetting(of what: String) -> String? {
        switch what {
        case "nodes", "instances", "checks", "keys", "sessions": "limits.\(what)_max"
        case "bytes in a key": "limits.key_bytes_max"
        case "prepared queries": "limits.prepared_queries_max"
        case "access policies": "limits.acl_policies_max"
        case "access tokens": "limits.acl_tokens_max"
        case let text where text.hasPrefix("instances"): "limits.instances_per_service_max"
        default: nil
        }
    }
}
