import Foundation
import TestSupport

/// A client's open connections to all servers, of one thread.
final class ServerConnections {
    /// What became of a request.
    enum Outcome {
        case reply(HTTPReply)
        /// Nobody took the request.
        case notSent
        /// It was sent, and no answer came.
        case lost(String)
    }

    let servers: [ClusterServer]
    private let timeoutMilliseconds: Int
    private var open: [Int: HTTPClientConnection] = [:]

    init(_ servers: [ClusterServer], timeoutMilliseconds: Int = 8_000) {
        self.servers = servers
        self.timeoutMilliseconds = timeoutMilliseconds
    }

    /// Sends a request to a server: on the connection that is open, or on a new one.
    func request(
        _ server: ClusterServer,
        _ method: String,
        _ path: String,
        _ body: String? = nil
    ) -> Outcome {
        let connection: HTTPClientConnection
        do {
            // What a server that was killed left open takes the request and says nothing.
            connection =
                try open[server.number]
                ?? HTTPClientConnection(
                    port: server.httpPort,
                    timeoutMilliseconds: timeoutMilliseconds
                )
        } catch {
            return .notSent
        }
        open[server.number] = connection
        do {
            let reply = try connection.request(method, path, body)
            if reply.headers["connection"]?.lowercased() == "close" { open[server.number] = nil }
            return .reply(reply)
        } catch {
            open[server.number] = nil
            return .lost("\(error)")
        }
    }
}

extension HTTPReply {
    /// True when it says that the change was surely not made.
    var saysNotMade: Bool { status == 503 && !body.contains("may have been made") }

    /// True when it says that nobody knows.
    var saysUnknown: Bool { status == 503 && body.contains("may have been made") }
}
