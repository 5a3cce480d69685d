import Foundation
import TestSupport

/// Something that breaks in a cluster, and is whole again after.
enum ClusterFault: String, CaseIterable, CustomStringConvertible, Sendable {
    case leaderKilled = "the leader is killed and started again"
    case etcdKilled = "a member of etcd is killed and started again"
    case serverKilled = "a server that does not lead is killed and started again"
    case serverPaused = "a server stands still"
    case serverSilenced = "a server hears nothing from etcd for six seconds"
    case serverRefused = "a server is refused by etcd for five seconds"
    case allRestarted = "all servers are restarted one after another"

    var description: String { rawValue }

    /// Breaks it, mends it, and returns when the cluster is whole.
    func happen(to cluster: ClusterFixture) async throws {
        switch self {
        case .leaderKilled: try await killAndStart(try await cluster.leader())
        case .serverKilled: try await killAndStart(try await follower(of: cluster))
        case .etcdKilled:
            guard let member = cluster.etcd.randomElement() else { return }
            try await member.program.kill()
            try await Self.last(.seconds(3))
            try cluster.start(member)
        case .serverPaused:
            let server = cluster.servers[.random(in: cluster.servers.indices)]
            server.program.signal(SIGSTOP)
            try await Self.last(ClusterLength.pause)
            server.program.signal(SIGCONT)
        case .serverSilenced:
            try await cut(cluster, .stalled, .seconds(6))
        case .serverRefused:
            try await cut(cluster, .refusing, .seconds(5))
        case .allRestarted:
            for server in cluster.servers {
                try await server.program.stop()
                try await server.start()
            }
        }
        try await cluster.untilEtcdAnswers()
        try await cluster.untilAllAreMembers(within: .seconds(30))
    }

    private func killAndStart(_ server: ClusterServer) async throws {
        try await server.program.kill()
        // Longer than a dead member counts as alive: somebody else leads meanwhile.
        try await Self.last(.seconds(6))
        try await server.start()
    }

    private func cut(
        _ cluster: ClusterFixture,
        _ state: ServerLink.State,
        _ duration: Duration
    ) async throws {
        let server = cluster.servers[.random(in: cluster.servers.indices)]
        server.link.set(state)
        try await Self.last(duration)
        server.link.set(.passing)
    }

    private func follower(of cluster: ClusterFixture) async throws -> ClusterServer {
        let leader = try await cluster.leader()
        guard let found = cluster.servers.filter({ $0.number != leader.number }).randomElement()
        else { throw UnexpectedAnswer(description: "one server alone has no followers") }
        return found
    }

    /// A fault goes on for so long: it waits for nothing.
    private static func last(_ duration: Duration) async throws {
        try await Task.sleep(for: duration)
    }

    /// All of them, and in the long form more of them at random until its time is over.
    static func all(_ body: (ClusterFault) async throws -> Void) async throws {
        let started = ContinuousClock.now
        for fault in allCases { try await body(fault) }
        guard let seconds = ClusterLength.seconds else { return }
        while ContinuousClock.now - started < .seconds(seconds) {
            if let fault = allCases.randomElement() { try await body(fault) }
        }
    }
}
