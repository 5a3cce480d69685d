/// A small HTTP server in a process of its own: what a health check probes.
package final class WebServer: Sendable {
    package let host: String
    package let port: UInt16
    private let process: ChildProcess

    /// Starts a server and waits until it listens; port 0 takes any free one.
    package static func start(
        host: String = "127.0.0.1",
        port: UInt16 = 0
    ) async throws -> WebServer {
        let process = try ChildProcess([
            "python3", "-u", "-m", "http.server", "\(port)", "--bind", host, "--directory",
            "/proc/self/fdinfo",
        ])
        let words = ["port", "(http"]
        try await eventually("python's HTTP server listens", within: .seconds(20)) {
            guard process.isRunning else {
                throw Hopeless(description: "it ended: \(process.errors)")
            }
            return words.allSatisfy { process.output.contains($0) }
        }
        // "Serving HTTP on 127.0.0.1 port 41723 (http://127.0.0.1:41723/) ..."
        let text = process.output.split(separator: " ")
        guard let word = text.firstIndex(of: "port"), let port = UInt16(text[word + 1]) else {
            throw UnexpectedAnswer(description: process.output)
        }
        return WebServer(host: host, port: port, process)
    }

    private init(host: String, port: UInt16, _ process: ChildProcess) {
        self.host = host
        self.port = port
        self.process = process
    }

    /// Ends it by SIGKILL; returns when it is gone.
    package func kill() async throws {
        process.kill()
        try await process.untilEnd()
    }
}
