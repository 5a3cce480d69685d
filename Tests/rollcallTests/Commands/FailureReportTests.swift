import ArgumentParser
import RollcallClient
import Testing

@testable import rollcall

@Suite("Failures of the program")
struct FailureReportTests {
    private func report(_ arguments: [String]) throws -> FailureReport {
        do {
            var command = try RollcallCommand.parseAsRoot(arguments)
            try command.run()
        } catch {
            return FailureReport(error)
        }
        throw CommandFailure.unsuccessful("the arguments were accepted")
    }

    @Test(
        "wrong usage is one line and exit status 2",
        arguments: [
            ["bogus"], ["query"], ["query", "--bogus", "a"], ["register", "web"],
            ["register", "web", "--host", "10.0.0.1", "--port", "x"],
            ["check-config", "--workers", "0"], ["check-config", "--config", "/nowhere.yaml"],
            ["check-config", "--ephemeral", "--data-dir", "x"], ["check-zone", "/nowhere.zone"],
        ]
    )
    func wrongUsage(arguments: [String]) throws {
        let report = try report(arguments)
        #expect(report.exitStatus == 2)
        #expect(report.output.isEmpty)
        let line = try #require(report.errorLine)
        #expect(!line.isEmpty && !line.contains("\n"))
    }

    @Test("the line names the flag", arguments: ["--dns-listen", "--domain", "--log-level"])
    func namesFlag(flag: String) throws {
        let report = try report(["check-config", flag, "not/right"])
        #expect(report.errorLine?.hasPrefix("\(flag): expected ") == true)
        #expect(report.errorLine?.hasSuffix("found \"not/right\"") == true)
    }

    @Test(
        "help and version are no failures",
        arguments: [["--help"], ["--version"], ["help", "query"]]
    )
    func help(arguments: [String]) throws {
        let report = try report(arguments)
        #expect(report.exitStatus == 0)
        #expect(report.errorLine == nil)
        #expect(!report.output.isEmpty)
    }

    @Test("what the server refuses is 1, an address that cannot be called 2")
    func clientErrors() {
        #expect(FailureReport(ClientError(.refused, "no", field: "port")).exitStatus == 1)
        #expect(FailureReport(ClientError(.refused, "no", field: "port")).errorLine == "port: no")
        #expect(FailureReport(ClientError(.unreachable, "away")).exitStatus == 1)
        #expect(FailureReport(ClientError(.badAddress, "what?")).exitStatus == 2)
    }
}
