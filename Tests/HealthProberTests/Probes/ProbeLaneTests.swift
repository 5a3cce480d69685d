internal import Foundation
internal import NIOCore
internal import NIOHTTP1
internal import NIOPosix
internal import ServiceCatalog
internal import Testing

@testable internal import HealthProber

@Suite("Probe lane")
struct ProbeLaneTests {
    private let runner = ProbeRunner(policy: .privateNetworks)

    private func check(_ probe: CheckDefinition.Probe, timeout: Int = 30_000) -> CheckDefinition {
        CheckDefinition(probe: probe, timeoutMilliseconds: timeout)
    }

    @Test("A lane and a task come to the same result")
    func sameResults() async throws {
        let web = try await LoopbackServer.http { head, _ in
            switch head.uri {
            case "/ok": .init(body: "fine")
            case "/busy": .init(status: .tooManyRequests)
            case "/broken": .init(status: .serviceUnavailable, body: "no database")
            case "/empty": .init(status: .noContent)
            default: .init(status: .notFound)
            }
        }
        let banner = try await LoopbackServer.tcp { channel in
            channel.eventLoop.execute {
                channel.writeAndFlush(ByteBuffer(string: "220 mail\r\n"), promise: nil)
            }
        }
        let closing = try await LoopbackServer.tcp { channel in channel.close(promise: nil) }
        let silent = try await LoopbackServer.tcp { _ in }
        let closed = try await LoopbackServer.closedPort()
        func http(_ port: Int, _ path: String, timeout: Int = 30_000) -> CheckDefinition {
            let url = "http://127.0.0.1:\(port)\(path)"
            return check(.http(HTTPProbe(url: url)), timeout: timeout)
        }
        func tcp(_ port: Int) -> CheckDefinition {
            check(.tcp(host: "127.0.0.1", port: port, tls: nil))
        }
        let checks =
            ["/ok", "/busy", "/broken", "/empty", "/none"].map { http(web.port, $0) }
            + [
                http(banner.port, "/"), http(closing.port, "/"), http(closed, "/"),
                http(silent.port, "/", timeout: 100), tcp(web.port), tcp(silent.port), tcp(closed),
            ]
        for check in checks {
            let inLane = await runner.runInLane(check)
            let inTask = await runner.run(check)
            #expect(inLane == inTask)
        }
        for server in [web, banner, closing, silent] { try await server.stop() }
    }

    @Test("What needs more than one connection, or knowledge that is not there, is for a task")
    func notPlain() async throws {
        let start = { (probe: CheckDefinition.Probe) in
            Prober.StartedProbe(
                id: ProbeSchedule.ID(slot: 0, generation: 0),
                definition: check(probe),
                startedAt: .zero
            )
        }
        let tls = TLSExpectation()
        let others: [CheckDefinition.Probe] = [
            .http(HTTPProbe(url: "https://127.0.0.1/")),
            .http(HTTPProbe(url: "http://8.8.8.8/")),
            .http(HTTPProbe(url: "http://no-such-host.invalid/")),
            .http(HTTPProbe(url: "http://127.0.0.1:99999/")),
            .http(HTTPProbe(url: "http://127.0.0.1/", headers: ["a b": ["c"]])),
            .tcp(host: "127.0.0.1", port: 1, tls: tls), .tcp(host: "8.8.8.8", port: 53, tls: nil),
            .tcp(host: "127.0.0.1", port: 0, tls: nil), .udp(host: "127.0.0.1", port: 1),
            .grpc(host: "127.0.0.1", port: 1, service: "", tls: nil),
        ]
        for probe in others { #expect(runner.plainProbe(start(probe)) == nil) }
        let redirecting = try await LoopbackServer.http { _, _ in
            .init(status: .found, headers: ["Location": "/new"])
        }
        let url = "http://127.0.0.1:\(redirecting.port)/"
        #expect(await runner.runInLane(check(.http(HTTPProbe(url: url)))) == nil)
        let stays = HTTPProbe(url: url, followsRedirects: false)
        #expect(await runner.runInLane(check(.http(stays)))?.status == .critical)
        try await redirecting.stop()
    }

    @Test("A header that would end its line is not sent")
    func headerInjection() async {
        for headers in [["X": ["a\r\nY: b"]], ["X\r\nY": ["a"]], ["": ["a"]]] {
            let probe = HTTPProbe(url: "http://127.0.0.1:1/", headers: headers)
            let result = await runner.runAsService(check(.http(probe)))
            #expect(result.status == .critical)
            #expect(result.output.contains("header"))
        }
        let probe = HTTPProbe(url: "http://127.0.0.1:1/", method: "GET / HTTP/1.1\r\nX:")
        #expect(await runner.runAsService(check(.http(probe))).output.contains("no HTTP method"))
    }

    @Test("A loop that is kept busy for longer than the timeout loses no answer")
    func busyLoop() async throws {
        let server = try await LoopbackServer.http { _, _ in .init(body: "fine") }
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let loop = group.next()
        let (ends, continuation) = AsyncStream.makeStream(of: ProbeLane.End.self)
        let lane = ProbeLane(loop: loop) { for end in $0 { continuation.yield(end) } }
        let definition = check(
            .http(HTTPProbe(url: "http://127.0.0.1:\(server.port)/")),
            timeout: 1_500
        )
        let start = Prober.StartedProbe(
            id: ProbeSchedule.ID(slot: 0, generation: 0),
            definition: definition,
            startedAt: .zero
        )
        let probe = try #require(runner.plainProbe(start))
        lane.begin([probe])
        // Later in the same turn of the loop, and in the next: the connection is open by then.
        loop.execute {
            Thread.sleep(forTimeInterval: 1)
            loop.execute { Thread.sleep(forTimeInterval: 1) }
        }
        var iterator = ends.makeAsyncIterator()
        #expect(await iterator.next()?.result?.status == .passing)
        await lane.stop()
        try await group.shutdownGracefully()
        try await server.stop()
    }

    @Test("A lane that is stopped closes what is open and reports nothing")
    func stop() async throws {
        let (events, continuation) = AsyncStream.makeStream(of: String.self)
        let server = try await LoopbackServer.tcp { channel in
            continuation.yield("open")
            channel.closeFuture.whenComplete { _ in continuation.yield("closed") }
        }
        let lane = ProbeLane(loop: MultiThreadedEventLoopGroup.singleton.next()) { _ in
            Issue.record("a probe was reported")
        }
        let start = Prober.StartedProbe(
            id: ProbeSchedule.ID(slot: 0, generation: 0),
            definition: check(.http(HTTPProbe(url: "http://127.0.0.1:\(server.port)/"))),
            startedAt: .zero
        )
        let probe = try #require(runner.plainProbe(start))
        lane.begin([probe])
        var iterator = events.makeAsyncIterator()
        #expect(await iterator.next() == "open")
        await lane.stop()
        #expect(await iterator.next() == "closed")
        lane.begin([probe])
        try await server.stop()
    }
}
