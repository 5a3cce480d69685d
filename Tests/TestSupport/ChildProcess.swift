internal import Foundation
internal import Glibc
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
    package let pid: Int32
    private let files: ScratchFolderOfOutput
    /// How it ended, once it was asked for after the end.
    private let ending: Mutex<End?> = Mutex(nil)

    /// Starts `command`, whose first word is a path or is looked up in `PATH`.
    ///
    /// Why not Foundation's `Process`: it learns of an end by a socket that programs started at the
    /// same time inherit, so a program seems to run as long as any of them does.
    /// - Parameter environment: nil hands the test's own environment on.
    package init(
        _ command: [String],
        environment: [String: String]? = nil,
        folder: String? = nil
    ) throws {
        name = command.joined(separator: " ")
        files = try ScratchFolderOfOutput()
        pid = try Self.spawn(
            ["/usr/bin/env"] + (folder.map { ["--chdir=\($0)"] } ?? []) + command,
            environment: environment ?? ProcessInfo.processInfo.environment,
            output: files.path("out"),
            errors: files.path("err")
        )
    }

    deinit {
        kill()
        if isRunning { waitpid(pid, nil, 0) }
    }

    private static func spawn(
        _ command: [String],
        environment: [String: String],
        output: String,
        errors: String
    ) throws -> Int32 {
        var actions = unsafe posix_spawn_file_actions_t()
        unsafe posix_spawn_file_actions_init(&actions)
        defer { unsafe posix_spawn_file_actions_destroy(&actions) }
        unsafe posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        let flags = O_WRONLY | O_CREAT | O_TRUNC
        unsafe posix_spawn_file_actions_addopen(&actions, 1, output, flags, 0o600)
        unsafe posix_spawn_file_actions_addopen(&actions, 2, errors, flags, 0o600)
        var arguments = unsafe command.map { unsafe strdup($0) } + [nil]
        var variables = unsafe environment.map { unsafe strdup("\($0.key)=\($0.value)") } + [nil]
        defer { unsafe (arguments + variables).forEach { unsafe free($0) } }
        var pid: pid_t = 0
        let error = unsafe posix_spawn(
            &pid,
            command[0],
            &actions,
            nil,
            &arguments,
            &variables
        )
        guard error == 0 else {
            throw UnexpectedAnswer(
                description: "cannot start \(command): \(unsafe String(cString: strerror(error)))"
            )
        }
        return pid
    }

    package var isRunning: Bool { end == nil }

    /// All that it has printed to standard output so far.
    package var output: String { files.text("out") }

    /// All that it has printed to standard error so far.
    package var errors: String { files.text("err") }

    /// Sends a signal, such as `SIGTERM`; nothing when it has ended.
    package func signal(_ number: Int32) {
        if isRunning { _ = Glibc.kill(pid, number) }
    }

    /// Sends `SIGKILL`.
    package func kill() { signal(SIGKILL) }

    /// How it ended; nil while it runs.
    package var end: End? {
        ending.withLock { ending in
            if ending == nil {
                var status: Int32 = 0
                if unsafe waitpid(pid, &status, WNOHANG) == pid {
                    let signal = status & 0x7F
                    ending = signal == 0 ? .exit(status >> 8 & 0xFF) : .signal(signal)
                }
            }
            return ending
        }
    }

    /// Waits for the end.
    @discardableResult
    package func untilEnd(within limit: Duration = .seconds(10)) async throws -> End {
        try await eventually("\"\(name)\" ends\n\(errors)", within: limit, every: .milliseconds(2))
        {
            !isRunning
        }
        return end ?? .exit(-1)
    }
}

/// The two files that a program prints into.
private final class ScratchFolderOfOutput: Sendable {
    private let folder: URL

    init() throws {
        folder = FileManager.default.temporaryDirectory
            .appending(path: "rollcall-test-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    }

    deinit { ScratchFolder.remove(folder) }

    func path(_ name: String) -> String {
        folder.appending(path: name).path(percentEncoded: false)
    }

    func text(_ name: String) -> String {
        let data = (try? Data(contentsOf: folder.appending(path: name))) ?? Data()
        return String(decoding: data, as: UTF8.self)
    }
}
