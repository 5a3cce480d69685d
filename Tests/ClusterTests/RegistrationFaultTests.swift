import Foundation
import Synchronization
import TestSupport
import Testing

extension Clusters {
    @Suite("Registrations, heartbeats and health while something breaks")
    struct RegistrationFaultTests {
        private static let lasting = ["well-1", "well-2", "well-3", "beating-1", "beating-2"]

        @Test("nothing acknowledged is lost, nothing comes back, nothing healthy is missing")
        func faults() async throws {
            let targets = Targets()
            try await ClusterFixture.run { cluster in
                let record = CatalogRecord()
                try await registerLasting(cluster, record, targets)
                var threads = RegistrationClient.start(3, cluster.servers, record)
                threads.append(Heartbeats.start(["beating-1", "beating-2"], cluster.servers))
                for server in cluster.servers {
                    threads.append(
                        DNSAsker.start(server, RegistrationClient.services + ["lasting"], record)
                    )
                }
                do {
                    var round = 0
                    try await ClusterFault.all { fault in
                        round += 1
                        try await withDeath(round, cluster, targets, during: fault)
                    }
                    for thread in threads { try await thread.stop() }
                } catch {
                    for thread in threads { try? await thread.stop() }
                    throw error
                }
                try await cluster.untilEqual()
                try judge(cluster, record)
            }
            try await targets.stop()
        }

        /// Instances that must stay: some with checks, some with heartbeats.
        private func registerLasting(
            _ cluster: ClusterFixture,
            _ record: CatalogRecord,
            _ targets: Targets
        ) async throws {
            for (position, id) in Self.lasting.enumerated() {
                let server = cluster.servers[position % cluster.servers.count]
                let isBeating = id.hasPrefix("beating")
                let port = isBeating ? UInt16(50 + position) : try targets.add()
                let more =
                    isBeating ? #""ttl": "8s""# : #""checks": [\#(Self.check(timeout: "2s"))]"#
                record.add(id, .init(service: "lasting", port: port))
                let asked = record.now
                try server.done("POST", "/register", Self.registration("lasting", id, port, more))
                record.add(
                    .init(
                        id: id,
                        version: 1,
                        server: server.number,
                        outcome: .done,
                        asked: asked,
                        answered: record.now
                    )
                )
            }
            try await eventually("all are up at all servers", within: .seconds(20)) {
                try cluster.servers.allSatisfy {
                    try $0.ports(of: "lasting").count == Self.lasting.count
                }
            }
        }

        private static func check(timeout: String) -> String {
            """
            {"http": "/", "interval": "1s", "timeout": "\(timeout)", "failures_before_critical": 2}
            """
        }

        private static func registration(
            _ service: String,
            _ id: String,
            _ port: UInt16,
            _ more: String
        ) -> String {
            """
            {"service": "\(service)", "id": "\(id)", "host": "127.0.0.1", "port": \(port),
             "metadata": {"version": "1"}, \(more)}
            """
        }

        /// While the fault goes on an instance's backend closes, and an owner falls silent.
        private func withDeath(
            _ round: Int,
            _ cluster: ClusterFixture,
            _ targets: Targets,
            during fault: ClusterFault
        ) async throws {
            let port = try targets.add()
            let dying = "dying-\(round)"
            let silent = "silent-\(round)"
            let check = #""checks": [\#(Self.check(timeout: "2s"))]"#
            try cluster.servers[round % 3].done(
                "POST",
                "/register",
                Self.registration(dying, dying, port, check)
            )
            try cluster.servers[(round + 1) % 3].done(
                "POST",
                "/register",
                Self.registration(silent, silent, 9, #""ttl": "4s""#)
            )
            try await eventually("\(dying) is up at all servers", within: .seconds(15)) {
                try cluster.servers.allSatisfy { try $0.ports(of: dying) == [port] }
            }
            targets.set(port, .refusing)
            let died = ContinuousClock.now
            try await fault.happen(to: cluster)
            let whole = ContinuousClock.now
            try await eventually(
                "\(dying) is gone from all servers: \(fault)",
                within: .seconds(11)
            ) {
                try cluster.servers.allSatisfy { try $0.ports(of: dying).isEmpty }
            }
            // A term, and another one that a new leader gives, and the time until there is one.
            try await eventually("\(silent) is gone everywhere: \(fault)", within: .seconds(20)) {
                try cluster.servers.allSatisfy { try $0.ids(of: silent).isEmpty }
            }
            ClusterReport.figure(
                "registrations",
                "\(fault): whole after \(ClusterReport.text(whole - died)), the dead and the silent "
                    + "instance gone after \(ClusterReport.text(.now - died))"
            )
        }

        private func judge(_ cluster: ClusterFixture, _ record: CatalogRecord) throws {
            let contents = record.contents
            let invariants = CatalogInvariants(contents)
            var lists: [Int: [String: Int]] = [:]
            for server in cluster.servers {
                for service in RegistrationClient.services + ["lasting"] {
                    for view in try server.http("GET", "/services/\(service)").json.list {
                        guard let id = view["id"].text else { continue }
                        let version = view["metadata"]["version"].text.flatMap { Int($0) }
                        lists[server.number, default: [:]][id] = version
                    }
                }
            }
            let ends = invariants.wrongEnds(lists)
            #expect(ends.isEmpty, "\(ends.prefix(10).joined(separator: "\n"))")
            let answers = invariants.wrongAnswers()
            #expect(
                answers.isEmpty,
                "\(answers.count) answers: \(answers.prefix(10).joined(separator: "\n"))"
            )
            #expect(
                contents.unexpected.isEmpty,
                "\(contents.unexpected.joined(separator: "\n"))"
            )
            #expect(contents.writes.count > 100)
            ClusterReport.figure(
                "registrations",
                "\(contents.writes.count) writes, of \(contents.writes.count { $0.outcome == .unknown }) "
                    + "nobody knows the end, \(contents.refusedCount) more were refused and "
                    + "\(contents.tooEarlyCount) came to a server that did not know yet; "
                    + "\(contents.answers.count) DNS answers, \(answers.count) wrong"
            )
        }
    }
}
