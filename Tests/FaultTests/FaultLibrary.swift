import Foundation
import TestSupport

/// The library that stands between the program and libc: a slow or failing disk, a clock that is
/// set, as a file says.
final class FaultLibrary: Sendable {
    private let scratch: ScratchFolder

    /// Compiles it with the C compiler that is there.
    init() async throws {
        scratch = try ScratchFolder()
        let source = Fixtures.repository.appending(path: "Tests/FaultTests/Library/faults.c")
        let result = try await CommandLineClient.run([
            "cc", "-shared", "-fPIC", "-O1", "-o", scratch.path("faults.so"),
            source.path(percentEncoded: false),
        ])
        guard result.succeeded else { throw UnexpectedAnswer(description: "\(result)") }
        try set("")
    }

    /// The environment of a program under it.
    var environment: [String: String] {
        ["LD_PRELOAD": scratch.path("faults.so"), "FAULTS_CONTROL": scratch.path("control")]
    }

    /// Says what goes wrong from now on, such as `sync-delay 500`; empty for nothing.
    func set(_ text: String) throws {
        // A rename, so that nobody reads half of it.
        try scratch.write(text + "\n", to: "next")
        guard unsafe rename(scratch.path("next"), scratch.path("control")) == 0 else {
            throw UnexpectedAnswer(description: "the control file cannot be written")
        }
    }
}

/// What `/health` says is wrong now.
extension RollcallProcess {
    func problemCodes() throws -> [String] {
        try http("GET", "/health").json["problems"].list.compactMap { $0["code"].text }
    }
}
