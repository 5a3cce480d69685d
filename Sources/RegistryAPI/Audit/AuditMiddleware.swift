internal import HTTPTypes
internal import Hummingbird

/// Records the requests that Hummingbird answers, whatever comes of them.
struct AuditMiddleware: RouterMiddleware {
    typealias Context = APIRequestContext

    let trail: any AuditTrail
    let api: APIContext

    func handle(
        _ request: Request,
        context: APIRequestContext,
        next: (Request, APIRequestContext) async throws -> Response
    ) async throws -> Response {
        let audited = AuditedRequest(
            trail,
            api,
            method: request.method.rawValue,
            path: request.uri.path,
            client: context.client,
            secret: {
                RequestToken.secret(
                    (try? QueryParameters(request)) ?? QueryParameters(),
                    request.headers
                )
            }
        )
        guard let audited else { return try await next(request, context) }
        return try await AuditedRequest.$current.withValue(audited) {
            do {
                let response = try await next(request, context)
                audited.end(status: response.status.code)
                return response
            } catch {
                // The client went while its body was read: there was no answer.
                audited.end(status: 499)
                throw error
            }
        }
    }
}
