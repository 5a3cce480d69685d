import Foundation
import TestSupport

/// Threads that follow services: a blocking query, and an event stream.
struct SoakWatchers {
    let server: SoakServer
    let ledger: SoakLedger
    let service: String

    func start() -> [BackgroundThread] {
        [BackgroundThread { block($0) }, BackgroundThread { stream($0) }]
    }

    private func block(_ thread: BackgroundThread) {
        let client = SoakClient(server, ledger, thread)
        var index = 0
        var pid = server.pid
        while !thread.isStopping {
            let path = "/v1/health/service/\(service)?index=\(index)&wait=1s"
            guard let reply = client.request("GET", path) else { return }
            let next = reply.headers["x-consul-index"].flatMap { Int($0) } ?? 0
            // An index may begin anew with a process.
            if next < index, pid == server.pid {
                ledger.noteWrong("the index fell from \(index) to \(next)")
            }
            pid = server.pid
            index = next
            ledger.noteEvent()
        }
    }

    private func stream(_ thread: BackgroundThread) {
        while !thread.isStopping {
            do {
                let socket = try NetworkSocket(
                    .tcp,
                    port: server.httpPort,
                    timeoutMilliseconds: 1_000
                )
                try socket.send(
                    Array("GET /services/\(service)/watch HTTP/1.1\r\nHost: a\r\n\r\n".utf8)
                )
                while !thread.isStopping {
                    guard !(try socket.receive()).isEmpty else { break }
                    ledger.noteEvent()
                }
            } catch {
                usleep(50_000)
            }
        }
    }
}
