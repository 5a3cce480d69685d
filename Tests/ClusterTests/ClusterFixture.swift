import Foundation
import TestSupport

/// Three members of etcd and some servers on free ports, each to be stopped and started alone.
final class ClusterFixture: Sendable {
    let scratch: ScratchFolder
    let etcd: [EtcdMember]
    let servers: [ClusterServer]

    /// Starts all, runs `body`, and ends all, also when it throws.
    static func run(
        servers count: Int = 3,
        flags: [String] = [],
        settings: [String: String] = ["ROLLCALL_LEASES_TTL_MIN": "1s"],
        _ body: (ClusterFixture) async throws -> Void
    ) async throws {
        let cluster = try ClusterFixture(count, flags, settings)
        do {
            try await cluster.start()
            try await body(cluster)
        } catch {
            let logs = cluster.servers.map { "\($0.name):\n\($0.program.lastErrors)" }
            try? await cluster.end()
            throw UnexpectedAnswer(
                description: "\(error)\n\(logs.joined(separator: "\n"))"
            )
        }
        try await cluster.end()
    }

    private init(_ count: Int, _ flags: [String], _ settings: [String: String]) throws {
        let scratch = try ScratchFolder()
        self.scratch = scratch
        var free = try Self.freePorts(6 + 5 * count)
        func take(_ count: Int) -> [UInt16] {
            defer { free.removeFirst(count) }
            return Array(free.prefix(count))
        }
        etcd = (1...3).map { number in
            let ports = take(2)
            return EtcdMember(
                number: number,
                clientPort: ports[0],
                peerPort: ports[1],
                program: RunningProgram("etcd-\(number)")
            )
        }
        let members = etcd.map(\.clientPort)
        servers = (1...count).map { number in
            let own = take(2)
            return ClusterServer(
                number,
                httpPort: own[0],
                dnsPort: own[1],
                link: ServerLink(from: take(3), to: members),
                scratch: scratch,
                flags: flags,
                settings: settings
            )
        }
    }

    /// Different ones: a port that was found is not taken yet.
    private static func freePorts(_ count: Int) throws -> [UInt16] {
        var ports: Set<UInt16> = []
        while ports.count < count { ports.insert(try FreePort.next()) }
        return Array(ports)
    }

    private func start() async throws {
        for member in etcd { try member.start(etcd, scratch) }
        try await untilEtcdAnswers()
        for server in servers { try server.launch() }
        for server in servers { try await server.untilReady() }
        try await untilAllAreMembers()
    }

    private func end() async throws {
        for server in servers { server.program.end() }
        for member in etcd { member.program.end() }
        for server in servers { try await server.link.stop() }
    }

    // MARK: - etcd

    func start(_ member: EtcdMember) throws { try member.start(etcd, scratch) }

    /// Runs etcdctl against all members.
    @discardableResult
    func etcdctl(_ arguments: String...) async throws -> CommandLineClient.Result {
        try await CommandLineClient.run(
            [
                try EtcdMember.binary("etcdctl"), "--endpoints",
                etcd.map(\.url).joined(separator: ","), "--dial-timeout", "2s",
                "--command-timeout", "3s",
            ] + arguments,
            environment: ["ETCDCTL_API": "3"]
        )
    }

    /// Waits until a majority takes a write.
    func untilEtcdAnswers() async throws {
        try await eventually("etcd answers", within: .seconds(30), every: .milliseconds(100)) {
            try await etcdctl("put", "tests", "1").succeeded
        }
    }

    // MARK: - Waiting

    func untilAllAreMembers(within limit: Duration = .seconds(20)) async throws {
        try await eventually("all know all members and a leader", within: limit) {
            try servers.allSatisfy { server in
                let status = try server.status()
                return status["members"].list.count == servers.count
                    && status["leader"].text != nil && status["cut_off"].text == nil
            }
        }
    }

    /// Waits until all servers hold the same.
    func untilEqual(within limit: Duration = .seconds(20)) async throws {
        var seen: [String] = []
        do {
            try await eventually("digests are equal", within: limit, every: .milliseconds(100)) {
                let states = try servers.map { try $0.status() }
                seen = states.map {
                    "\($0["digest"]) at index \($0["index"]), cut off: \($0["cut_off"])"
                }
                return Set(seen).count == 1 && states[0]["cut_off"].text == nil
            }
        } catch {
            throw UnexpectedAnswer(description: "\(error)\n\(seen.joined(separator: "\n"))")
        }
    }

    /// The server that leads.
    func leader() async throws -> ClusterServer {
        var found: ClusterServer?
        try await eventually("somebody leads", within: .seconds(20)) {
            for server in servers where server.program.isRunning {
                guard let name = try? server.status()["leader"].text else { continue }
                found = servers.first { $0.name == name && $0.program.isRunning }
                if found != nil { return true }
            }
            return false
        }
        guard let found else { throw UnexpectedAnswer(description: "nobody leads") }
        return found
    }
}
