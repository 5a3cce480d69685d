import Foundation
import TestSupport

/// What breaks while the soak goes on, one thing after another.
struct SoakFaults {
    let server: SoakServer
    let model: SoakModel
    let ledger: SoakLedger
    /// kill -9 until then; memory is judged afterwards, in one process.
    let lastKill: ContinuousClock.Instant
    let pauseSeconds: ClosedRange<Double>

    func start() -> BackgroundThread {
        BackgroundThread { thread in
            var turn = 0
            while !thread.isStopping {
                do {
                    try fault(turn)
                    ledger.noteFault()
                } catch {
                    ledger.noteWrong("a fault of the test could not be made: \(error)")
                }
                turn += 1
                for _ in 0..<10 where !thread.isStopping { usleep(100_000) }
            }
        }
    }

    private func fault(_ turn: Int) throws {
        switch turn % 6 {
        case 0: try brokenRequests()
        case 1: try malformedQueries()
        case 2: reload()
        case 3: pause()
        case 4: try slowClients()
        default: if ContinuousClock.now < lastKill { try kill() } else { try brokenRequests() }
        }
    }

    private func pause() {
        let start = ContinuousClock.now
        let seconds = Double.random(in: pauseSeconds)
        model.note("paused for \(seconds) s", delaying: .seconds(seconds + 1), since: start)
        ledger.stopped {
            server.process.signal(SIGSTOP)
            usleep(UInt32(seconds * 1_000_000))
            server.process.signal(SIGCONT)
            // What waited in its queues comes out first.
            usleep(200_000)
        }
    }

    private func kill() throws {
        let start = ContinuousClock.now
        model.note("kill -9", delaying: .seconds(10), since: start)
        try ledger.stopped { try server.killAndRestart() }
        model.note("started again")
    }

    private func reload() {
        model.note("SIGHUP")
        _ = try? server.scratch.write(
            """
            $ORIGIN soak.example.
            $TTL 60
            @ SOA ns hostmaster \(Int.random(in: 1...2_000_000_000)) 3600 600 86400 60
            @ NS ns
            ns A 127.0.0.1

            """,
            to: "zones/soak.zone"
        )
        server.process.signal(SIGHUP)
    }

    /// Half requests, no requests, and clients that leave in the middle.
    private func brokenRequests() throws {
        model.note("broken requests")
        let texts = [
            "GET / HTTP/9.9\r\n\r\n", "POST /register HTTP/1.1\r\nHost: a\r\nContent-Len",
            "POST /register HTTP/1.1\r\nHost: a\r\nContent-Length: 90000\r\n\r\n{\"service\": ",
            String(repeating: "\u{0}\u{1}", count: 500), "PUT /v1/kv/x?cas=y HTTP/1.1\r\n\r\n",
        ]
        for _ in 0..<4 {
            for text in texts {
                let socket = try NetworkSocket(.tcp, port: server.httpPort)
                try socket.send(Array(text.utf8))
            }
        }
    }

    /// Random bytes, and answers to nobody's question.
    private func malformedQueries() throws {
        model.note("malformed packets")
        let datagrams = try NetworkSocket(.udp, port: server.dnsPort)
        for _ in 0..<300 {
            let count = Int.random(in: 1...600)
            var bytes = (0..<count).map { _ in UInt8.random(in: 0...255) }
            // Half look like a query with one question.
            if Bool.random(), count > 12 {
                bytes.replaceSubrange(2..<12, with: [1, 0, 0, 1, 0, 0, 0, 0, 0, 0])
            }
            try datagrams.send(bytes)
        }
        for _ in 0..<10 {
            let stream = try NetworkSocket(.tcp, port: server.dnsPort)
            try stream.send([0, 40] + (0..<20).map { _ in UInt8.random(in: 0...255) })
        }
    }

    /// Clients that read nothing of a long answer, and some that send byte by byte.
    private func slowClients() throws {
        model.note("slow clients")
        var sockets: [NetworkSocket] = []
        for _ in 0..<10 {
            let reader = try NetworkSocket(.tcp, port: server.httpPort, receiveBufferBytes: 1_024)
            try reader.send(
                Array("GET /v1/health/service/churn-0 HTTP/1.1\r\nHost: a\r\n\r\n".utf8)
            )
            let writer = try NetworkSocket(.tcp, port: server.httpPort)
            try writer.send(Array("PO".utf8))
            let query = try NetworkSocket(.tcp, port: server.dnsPort)
            try query.send([0])
            sockets += [reader, writer, query]
        }
        usleep(200_000)
    }
}
