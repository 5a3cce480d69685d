import TestSupport
import Testing

extension RealClients {
    /// A library of PyPI for Consul; both call their package `consul`.
    enum Library: String, CaseIterable, CustomTestStringConvertible {
        case pyConsul = "py-consul"
        case pythonConsul2 = "python-consul2"

        var testDescription: String { rawValue }

        /// The program beside these tests that uses it.
        var program: String { self == .pyConsul ? "py_consul.py" : "python_consul2.py" }

        func run(_ arguments: [String]) async throws -> CommandLineClient.Result {
            try await CommandLineClient.run(
                [try python(rawValue)] + arguments,
                within: .seconds(120)
            )
        }
    }

    @Suite("Client libraries for Consul")
    struct LibraryTests {
        @Test("every method works, or is refused in words", arguments: Library.allCases)
        func wholeInterface(library: Library) async throws {
            let rollcall = try await RollcallProcess.start()
            let result = try await library.run([script(library.program), "\(rollcall.httpPort)"])
            #expect(result.succeeded, "\(result)")
            #expect(result.output.contains(", 0 not called, 0 groups failed"), "\(result)")
        }

        @Test("tokens with policies allow what they say", arguments: Library.allCases)
        func tokens(library: Library) async throws {
            let rollcall = try await RollcallProcess.start(
                settings: ["ROLLCALL_ACL_ENABLED": "true", "ROLLCALL_ACL_DEFAULT_POLICY": "deny"]
            )
            let result = try await library.run([
                script(library.program), "\(rollcall.httpPort)", "limited",
            ])
            #expect(result.succeeded, "\(result)")
        }

        @Test(
            "the documented program finds what it has registered",
            arguments: Library.allCases
        )
        func documentedProgram(library: Library) async throws {
            let rollcall = try await RollcallProcess.start(["--ephemeral"])
            let scratch = try ScratchFolder()
            let program = try documented("Python").with([
                ("port=8500", "port=\(rollcall.httpPort)")
            ])
            let result = try await library.run([try scratch.write(program, to: "program.py")])
            #expect(result.lines == ["10.0.1.1 8080"], "\(result)")
        }
    }
}
