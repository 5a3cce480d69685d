import TestSupport
import Testing

extension RealClients {
    @Suite("Client libraries for Consul")
    struct LibraryTests {
        @Test(
            "the documented program finds what it has registered",
            arguments: ["py-consul", "python-consul2"]
        )
        func documentedProgram(library: String) async throws {
            let rollcall = try await RollcallProcess.start(["--ephemeral"])
            let scratch = try ScratchFolder()
            let program = try documented("Python").with([("port=8500", "port=\(rollcall.httpPort)")]
            )
            let result = try await CommandLineClient.run([
                try python(library), try scratch.write(program, to: "program.py"),
            ])
            #expect(result.lines == ["10.0.1.1 8080"], "\(result)")
        }
    }
}
