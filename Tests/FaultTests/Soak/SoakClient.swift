import Foundation
import TestSupport

/// An HTTP client that goes on through restarts of the server: tries again until it is answered.
final class SoakClient {
    private let port: UInt16
    private let ledger: SoakLedger
    private let thread: BackgroundThread
    private var connection: HTTPClientConnection?

    init(_ server: SoakServer, _ ledger: SoakLedger, _ thread: BackgroundThread) {
        port = server.httpPort
        self.ledger = ledger
        self.thread = thread
    }

    /// Sends a request until an answer comes; nil when the soak ends before.
    ///
    /// To a removal 404 is an answer too: an earlier try may have been carried out.
    func request(_ method: String, _ path: String, _ body: String? = nil) -> HTTPReply? {
        while true {
            do {
                let open = try connection ?? HTTPClientConnection(port: port)
                connection = open
                let reply = try open.request(method, path, body)
                if reply.status >= 500, !thread.isStopping { continue }
                let mayBeGone = method == "DELETE" || path.hasPrefix("/heartbeat/")
                if reply.status >= 400, !(reply.status == 404 && mayBeGone) {
                    ledger.noteWrong("\(method) \(path) \(body ?? ""): \(reply)")
                }
                return reply
            } catch {
                connection = nil
                if thread.isStopping { return nil }
                usleep(10_000)
            }
        }
    }

    /// A change: true when it was acknowledged.
    func change(_ method: String, _ path: String, _ body: String? = nil) -> Bool {
        guard request(method, path, body) != nil else { return false }
        ledger.noteChange()
        return true
    }
}
