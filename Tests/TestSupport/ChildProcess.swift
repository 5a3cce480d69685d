internal import Foundation
internal import Synchronization

/// A program that runs beside the test, what it prints in files; it ends with the value.
///
/// Why files: a pipe that nobody reads stops the program, and a file can be read again.
package final class ChildProcess: Sendable {
    /// How a program ended.
    package enum End: Hashable, Sendable {
        case exit(Int32)
        case signal(Int32)
    }

    package let name: String
    private let process: Process
    private let files = ScratchFolderOfOutput()

    /// Starts `command`, whose first word is a path or is looked up in `PATH`.
    ///
    /// - Parameter environment: nil hands the test's own environment on.
    package init(
        _ command: [String],
        environment: [String: String]? = nil,
        folder: String? = nil
    ) throws {
        name = command.joined(separator: " ")
        process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = command
        if let environment { process.environment = environment }
        if let folder { process.currentDirectoryURL = URL(filePath: folder) }
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = try files.open("out")
        process.standardError = try files.open("err")
        try process.run()
    }

    deinit {
        kill()
        // The process is gone at once; this waits until it is reaped, too.
        for _ in 0..<1_000 where process.isRunning { usleep(1_000) }
    }

    package var pid: Int32 { process.processIdentifier }

    package var isRunning: Bool { process.isRunning }

    /// All that it has printed to standard output so far.
    package var output: String { files.text("out") }

    /// All that it has printed to standard error so far.
    package var errors: String { files.text("err") }

    /// Sends a signal, such as `SIGTERM`; nothing when it has ended.
    package func signal(_ number: Int32) {
        if process.isRunning { _ = Foundation.kill(process.processIdentifier, number) }
    }

    /// Sends `SIGKILL`.
    package func kill() { signal(SIGKILL) }

    /// How it ended; nil while it runs.
    package var end: End? {
        guard !process.isRunning else { return nil }
        return process.terminationReason == .exit
            ? .exit(process.terminationStatus) : .signal(process.terminationStatus)
    }

    /// Waits for the end.
    @discardableResult
    package func untilEnd(within limit: Duration = .seconds(10)) async throws -> End {
        try await eventually("\"\(name)\" ends\n\(errors)", within: limit, every: .milliseconds(2))
        {
            !process.isRunning
        }
        return end ?? .exit(-1)
    }
}

/// The two files that a program prints into.
private final class ScratchFolderOfOutput: Sendable {
    private let folder: URL

    init() {
        folder = FileManager.default.temporaryDirectory
            .appending(path: "rollcall-test-\(UUID().uuidString)")
    }

    deinit { try? FileManager.default.removeItem(at: folder) }

    func open(_ name: String) throws -> FileHandle {
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        let file = folder.appending(path: name)
        try Data().write(to: file)
        return try FileHandle(forWritingTo: file)
    }

    func text(_ name: String) -> String {
        let data = (try? Data(contentsOf: folder.appending(path: name))) ?? Data()
        return String(decoding: data, as: UTF8.self)
    }
}
