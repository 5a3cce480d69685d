import DNSWire
import Foundation
import TestSupport

/// Many small HTTP servers in one process, whose health a test sets.
final class ProbeTargets: Sendable {
    enum State: String {
        case well = "200"
        case failing = "503"
        /// Takes connections and says nothing.
        case silent
        /// Does not listen.
        case refusing
    }

    let ports: [UInt16]
    let process: ChildProcess
    private let scratch: ScratchFolder

    /// Starts `count` servers on ports of `host`.
    ///
    /// - Parameter prefix: a command that runs them, such as `unshare --net`.
    static func start(
        _ count: Int,
        host: String = "127.0.0.1",
        prefix: [String] = []
    ) async throws -> ProbeTargets {
        let scratch = try ScratchFolder()
        let process = try ChildProcess(
            prefix + ["python3", "-u", "-c", script, "\(count)", host, scratch.path("states")]
        )
        try await eventually("\(count) targets listen", within: .seconds(20)) {
            guard process.isRunning else { throw Hopeless(description: process.errors) }
            return process.output.contains("\n")
        }
        let ports = process.output.split(separator: "\n")[0].split(separator: " ")
            .compactMap { UInt16($0) }
        return ProbeTargets(ports, process, scratch)
    }

    private init(_ ports: [UInt16], _ process: ChildProcess, _ scratch: ScratchFolder) {
        self.ports = ports
        self.process = process
        self.scratch = scratch
    }

    /// Puts the servers with these numbers into a state, all others are well; returns when it is so.
    func set(_ numbers: some Sequence<Int>, _ state: State) async throws {
        let lines = numbers.map { "\($0) \(state.rawValue)" }
        let word = UUID().uuidString
        // A new file in place of the old one: nobody reads half of it.
        let name = try scratch.write((lines + [word]).joined(separator: "\n"), to: "new")
        _ = try? FileManager.default.removeItem(atPath: scratch.path("states"))
        try FileManager.default.moveItem(atPath: name, toPath: scratch.path("states"))
        try await eventually("the targets are \(state)") { process.output.contains(word) }
    }

    /// A request to register target `number` of `service` under the id `<service>-<number>`.
    func registration(
        _ number: Int,
        of service: String = "web",
        host: String = "127.0.0.1",
        interval: String = "1s",
        failures: Int = 2
    ) -> String {
        """
        {"service": "\(service)", "id": "\(service)-\(number)", "host": "\(host)",
         "port": \(ports[number]), "checks": [{"http": "/", "interval": "\(interval)",
         "timeout": "400ms", "failures_before_critical": \(failures)}]}
        """
    }

    private static let script = """
        import os, selectors, socket, sys, time
        count, host, states = int(sys.argv[1]), sys.argv[2], sys.argv[3]
        selector = selectors.DefaultSelector()
        state, ports, servers, quiet = ["200"] * count, [0] * count, [None] * count, []
        def listen(n):
            s = socket.socket()
            s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            s.bind((host, ports[n])); s.listen(128)
            ports[n] = s.getsockname()[1]
            servers[n] = s
            selector.register(s, selectors.EVENT_READ, n)
        for n in range(count): listen(n)
        print(*ports)
        seen = None
        while True:
            for key, _ in selector.select(0.02):
                c, _ = key.fileobj.accept()
                if state[key.data] == "silent":
                    quiet.append(c)
                    continue
                c.settimeout(1)
                try:
                    c.recv(4096)
                    c.sendall(("HTTP/1.1 %s State\\r\\nContent-Length: 2\\r\\n"
                        "Connection: close\\r\\n\\r\\nok" % state[key.data]).encode())
                except OSError: pass
                c.close()
            quiet = quiet[-200:]
            try: text = open(states).read()
            except OSError: continue
            if text == seen: continue
            seen = text
            *lines, word = text.split("\\n")
            new = dict(line.split() for line in lines)
            for n in range(count):
                old, state[n] = state[n], new.get(str(n), "200")
                if state[n] == "refusing" and servers[n]:
                    selector.unregister(servers[n]); servers[n].close(); servers[n] = None
                elif state[n] != "refusing" and not servers[n]: listen(n)
            print(word)
        """
}

extension RollcallProcess {
    /// The value of a metric without labels.
    func metric(_ name: String) throws -> Double {
        let text = try http("GET", "/metrics").body
        let line = text.split(separator: "\n").first { $0.hasPrefix("\(name) ") }
        guard let value = line?.split(separator: " ").last.flatMap({ Double($0) }) else {
            throw UnexpectedAnswer(description: "no metric \(name)")
        }
        return value
    }

    /// How many instances of a service are answered.
    func answeredCount(_ service: String = "web") throws -> Int {
        let reply = try dns.ask("\(service).service.consul", .srv, over: .tcp)
        return reply.answer.count { $0.type == .srv }
    }

    /// The ids of all instances that are up.
    func upIDs(_ service: String = "web") throws -> Set<String> {
        let list = try http("GET", "/services/\(service)?passing=true").json.list
        return Set(list.compactMap { $0["id"].text })
    }
}
