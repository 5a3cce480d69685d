internal import HTTPTypes
internal import Hummingbird
internal import HummingbirdCore
internal import Logging
internal import NIOCore
internal import NIOHTTP1

/// Answers one request: finds its route, writes its response, and sees to it that a connection with
/// an unread body does not stay.
struct RequestResponder: Sendable {
    let routes: RouterResponder<APIRequestContext>
    let settings: APISettings
    let connections: ConnectionRegistry
    let logger: Logger
    private let date: HTTPDate

    /// How long the client has to take a response that came before it had sent its whole body.
    private static let lingerTime = TimeAmount.seconds(3)

    init(
        routes: RouterResponder<APIRequestContext>,
        settings: APISettings,
        connections: ConnectionRegistry,
        date: HTTPDate,
        logger: Logger
    ) {
        self.routes = routes
        self.settings = settings
        self.connections = connections
        self.date = date
        self.logger = logger
    }

    func respond(
        to request: Request,
        _ writer: consuming ResponseWriter,
        _ channel: any Channel
    ) async throws {
        let client = connections.client(of: channel) ?? ClientPresence()
        client.beginRequest()
        defer { client.endRequest() }
        if request.headers[.expect]?.lowercased() == "100-continue", isAcceptable(request) {
            try await writer.writeInformationalHead(HTTPResponse(status: .continue))
        }
        let context = APIRequestContext(
            source: APIRequestContext.Source(
                logger: logger,
                channel: channel,
                client: client,
                settings: settings,
                bodies: connections.bodies
            )
        )
        var response = try await makeResponse(to: request, context)
        response.headers[.date] = date.now
        let closes = response.headers[.connection] == "close"
        do {
            try await writer.write(response: response.head, body: response.body)
        } catch {
            throw ConnectionLost(cause: error)
        }
        if closes {
            channel.eventLoop.scheduleTask(in: Self.lingerTime) { channel.close(promise: nil) }
        }
    }

    /// False for a body whose declared size no route takes.
    private func isAcceptable(_ request: Request) -> Bool {
        let declared = request.headers[.contentLength].flatMap { Int($0) } ?? 0
        let limit =
            request.uri.path == "/import" ? settings.importBytesMax : settings.bodyBytesMax
        return declared <= limit
    }

    private func makeResponse(
        to request: Request,
        _ context: APIRequestContext
    ) async throws -> Response {
        do {
            return try await routes.respond(to: request, context: context)
        } catch let error as ConnectionLost {
            // Hummingbird answers a broken request by itself when it sees the parser's error.
            throw error.cause
        } catch {
            throw ConnectionLost(cause: error)
        }
    }
}
