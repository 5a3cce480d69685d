import TestSupport
import Testing

extension RealClients {
    @Suite("Patroni")
    struct PatroniTests {
        @Test("two members agree on a leader, hand the lock over, and fail over by TTL")
        func leaderLock() async throws {
            let rollcall = try await RollcallProcess.start()
            let scratch = try ScratchFolder()
            let settings = try documented("Patroni").with([
                ("127.0.0.1:8500", "127.0.0.1:\(rollcall.httpPort)")
            ])
            let result = try await CommandLineClient.run(
                [
                    try python("py-consul"), script("patroni_members.py"),
                    try scratch.write(settings, to: "settings.yml"), "\(rollcall.dnsPort)",
                ],
                within: .seconds(120)
            )
            #expect(result.succeeded, "\(result)")
            #expect(result.lines.last == "the cluster is deleted", "\(result)")
        }
    }
}
