internal import HTTPTypes
internal import Hummingbird

/// Gives every response what its API's clients expect, also where no handler was found.
///
/// Whatever is thrown is answered in the words of the API; all of Consul's responses tell what
/// requests without a token may do.
struct DialectMiddleware: RouterMiddleware {
    typealias Context = APIRequestContext

    /// `allow` or `deny`: what holds where no rule says anything.
    let defaultPolicy: String

    func handle(
        _ request: Request,
        context: APIRequestContext,
        next: (Request, APIRequestContext) async throws -> Response
    ) async throws -> Response {
        let dialect = ErrorMapping.Dialect(path: request.uri.path)
        var response: Response
        do {
            guard context.client.mayWrite || !HTTPMethods.isWrite(request.method.rawValue) else {
                throw APIError.writesRefused(dialect)
            }
            response = try await next(request, context)
        } catch let error as ConnectionLost {
            throw error
        } catch {
            response = ErrorMapping.response(for: error, dialect, logger: context.logger)
        }
        if dialect == .consul { response.headers[ConsulHeader.defaultACLPolicy] = defaultPolicy }
        return response
    }
}
