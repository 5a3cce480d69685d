import Synchronization
import TestSupport
import Testing

/// The program answers as Consul was seen to answer, or as the table of differences says.
@Suite("Compatibility with Consul")
struct CompatibilityTests {
    private static let places = Places(4)

    @Test("what Consul was asked", arguments: Scenario.observed)
    func observed(_ scenario: Scenario) async throws { try await expectAnswers(of: scenario) }

    @Test("what else clients ask", arguments: Scenario.more)
    func more(_ scenario: Scenario) async throws { try await expectAnswers(of: scenario) }

    private func expectAnswers(of scenario: Scenario) async throws {
        let findings = try await Self.places.use { try await Self.findings(scenario) }
        for finding in findings { Issue.record("\(finding)") }
    }

    private static func findings(_ scenario: Scenario) async throws -> [ScenarioRun.Finding] {
        let server = try await ServerUnderTest(scenario)
        let result = Mutex<Result<[ScenarioRun.Finding], any Error>>(.success([]))
        let thread = BackgroundThread { _ in
            let found = Result { try ScenarioRun(scenario: scenario, server: server).findings() }
            result.withLock { $0 = found }
        }
        try await thread.untilEnd(within: .seconds(120))
        #expect(server.process.process.isRunning)
        return try result.withLock { $0 }.get()
    }
}
