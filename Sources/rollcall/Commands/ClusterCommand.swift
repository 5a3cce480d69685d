internal import ArgumentParser
internal import Foundation
internal import RegistryAPI
internal import RollcallClient

/// `rollcall cluster`: what concerns several servers.
struct ClusterCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "cluster",
        abstract: "See how a cluster is.",
        subcommands: [ClusterStatusCommand.self]
    )
}

/// `rollcall cluster status`: the servers of a cluster, as each of them sees itself.
struct ClusterStatusCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status",
        abstract: "List the servers, who leads, and whether all hold the same.",
        discussion: """
            Asks the server that is named, and each of the others at the first HTTP address it gave. \
            Exit status 1 when a server does not answer, is cut off, or nobody leads.
            """
    )

    @OptionGroup var registry: RegistryOptions

    mutating func run() async throws {
        let server = try registry.server()
        let asked = try await server.clusterReport(ClusterReport.self)
        var reports = [asked.node: asked]
        for member in asked.members where reports[member.name] == nil {
            guard let address = member.http.first else { continue }
            let other = try? server.sibling(at: address)
            let report = try? await other?.clusterReport(ClusterReport.self)
            // A loopback address of another host leads to somebody else.
            if report?.node == member.name { reports[member.name] = report }
        }
        let status = Status(asked: asked, reports: reports)
        if registry.json {
            TextOutput.printLine(try TextOutput.json(reports))
        } else {
            for line in status.lines { TextOutput.printLine(line) }
        }
        guard status.isWell else { throw CommandFailure.unsuccessful(nil) }
    }

    /// What the reports say together.
    struct Status {
        var asked: ClusterReport
        /// By node name; those of servers that do not answer are missing.
        var reports: [String: ClusterReport]

        var isWell: Bool {
            asked.leader != nil && asked.members.allSatisfy { reports[$0.name] != nil }
                && reports.values.allSatisfy { $0.cutOff == nil }
        }

        var lines: [String] {
            let etcd = asked.etcd
            let rows = asked.members.map { member in
                let report = reports[member.name]
                return [
                    member.name, member.address, member.version, Self.state(member, report),
                    report.map { String($0.index) } ?? "-", report?.digest ?? "-",
                ]
            }
            var lines = [
                "cluster \(asked.cluster) (\(asked.id ?? "not known")), seen by \(asked.node)"
            ]
            if let version = etcd.version, let bytes = etcd.bytes {
                lines.append("etcd \(version) at \(etcd.endpoint), \(bytes) bytes")
            }
            if let problem = etcd.problem { lines.append("etcd at \(etcd.endpoint): \(problem)") }
            lines.append("log: \(asked.entries) entries behind the snapshot of \(asked.snapshot)")
            if let reason = asked.cutOff { lines.append("cut off: \(reason)") }
            let head = ["SERVER", "ADDRESS", "VERSION", "STATE", "INDEX", "DIGEST"]
            return lines + [TextOutput.table([head] + rows), agreement]
        }

        private static func state(
            _ member: ClusterReport.Member,
            _ report: ClusterReport?
        ) -> String {
            guard let report else { return "no answer" }
            if report.cutOff != nil { return "cut off" }
            return member.leader ? "leader" : "follower"
        }

        /// Those at one index must hold the same.
        private var agreement: String {
            let digests = Dictionary(grouping: reports.values, by: \.index)
                .mapValues { Set($0.map(\.digest)).count }
            if digests.values.contains(where: { $0 > 1 }) {
                return "servers at the same index do not hold the same"
            }
            return digests.count == 1
                ? "all that answer hold the same" : "some are behind others"
        }
    }
}
