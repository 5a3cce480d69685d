import Foundation
import TestSupport
import Testing

extension RealClients {
    @Suite("Many blocking queries")
    struct WatcherTests {
        @Test("a change wakes the watchers of its own service and nobody else")
        func onlyOwnWatchersWake() async throws {
            let benchmark = Fixtures.repository.appending(path: "Tests/Benchmarks/watchers.py")
            let result = try await CommandLineClient.run(
                [
                    "python3", benchmark.path(percentEncoded: false), "--json", "-",
                    "--rollcall", RollcallProcess.binary,
                    "--watchers", "500", "--services", "50", "--changes", "100",
                ],
                within: .seconds(90)
            )
            try #require(result.succeeded, "\(result)")
            let numbers = try JSON(result.output)
            // Ten watchers a service, each woken once by each of a hundred changes.
            #expect(numbers["woken"].number == 1_000, "\(result)")
            #expect(numbers["woken_by_other_services"].number == 0, "\(result)")
        }
    }
}
