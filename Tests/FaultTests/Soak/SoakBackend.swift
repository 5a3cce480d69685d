import Foundation
import Synchronization
import TestSupport

/// What the HTTP checks of the soak ask: 200 for an instance with a file, 404 for one without.
final class SoakBackend: Sendable {
    private let scratch: ScratchFolder
    private let process: ChildProcess
    private let port: UInt16

    init() async throws {
        scratch = try ScratchFolder()
        port = try FreePort.next()
        process = try ChildProcess([
            "python3", "-u", "-m", "http.server", "\(port)", "--bind", "127.0.0.1", "--directory",
            scratch.path(""),
        ])
        try await eventually("the backend listens", within: .seconds(20)) {
            process.output.contains("(http")
        }
    }

    func url(_ number: Int) -> String { "http://127.0.0.1:\(port)/\(number)" }

    func set(_ number: Int, isUp: Bool) {
        if isUp {
            _ = try? scratch.write("up", to: "\(number)")
        } else {
            try? FileManager.default.removeItem(atPath: scratch.path("\(number)"))
        }
    }
}

/// The addresses of instances that keep theirs.
final class SoakAddresses: Sendable {
    private let addresses = Mutex<[String: String]>([:])

    func set(_ address: String, of id: String) { addresses.withLock { $0[id] = address } }
    func of(_ id: String) -> String { addresses.withLock { $0[id] ?? "" } }
}
