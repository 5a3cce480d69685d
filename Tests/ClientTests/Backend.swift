import TestSupport

/// A small web server that answers every request with its name.
final class Backend: Sendable {
    let name: String
    let host: String
    let port: UInt16
    private let process: ChildProcess

    /// Starts it and waits until it listens; port 0 takes any free one.
    static func start(
        _ name: String,
        host: String = "127.0.0.1",
        port: UInt16 = 0
    ) async throws -> Backend {
        let process = try ChildProcess([
            "python3", "-u", RealClients.script("backend.py"), name, host, "\(port)",
        ])
        try await eventually("backend \(name) listens", within: .seconds(20)) {
            guard process.isRunning else { throw Hopeless(description: process.errors) }
            return process.output.hasSuffix("\n")
        }
        guard let port = UInt16(process.output.dropLast()) else {
            throw UnexpectedAnswer(description: process.output)
        }
        return Backend(name, host, port, process)
    }

    private init(_ name: String, _ host: String, _ port: UInt16, _ process: ChildProcess) {
        self.name = name
        self.host = host
        self.port = port
        self.process = process
    }

    /// Ends it by SIGKILL; what it was just answering is lost.
    func kill() async throws {
        process.kill()
        try await process.untilEnd()
    }

    /// Registers it as an instance of `web` and returns the instance's id.
    func register(at rollcall: RollcallProcess) throws -> String {
        let reply = try rollcall.register(
            #"{"service": "web", "id": "\#(name)", "host": "\#(host)", "port": \#(port)}"#
        )
        guard let id = reply.json["instance_id"].text else {
            throw UnexpectedAnswer(description: "\(reply)")
        }
        return id
    }
}
