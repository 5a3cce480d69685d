import Foundation
import TestSupport
import Testing

extension Clusters {
    @Suite("What etcd keeps of a cluster")
    struct SnapshotTests {
        private func register(_ server: ClusterServer, _ count: Int, _ service: String) throws {
            for number in 1...count {
                let body =
                    #"{"service": "\#(service)", "id": "\#(service)\#(number)", "#
                    + #""host": "10.0.0.1", "port": \#(number)}"#
                try server.done("POST", "/register", body)
            }
        }

        @Test(
            "the log is cut off behind a snapshot, from which a server with an empty folder begins"
        )
        func snapshots() async throws {
            try await ClusterFixture.run(
                servers: 2,
                settings: ["ROLLCALL_CLUSTER_SNAPSHOT_ENTRIES": "16"]
            ) { cluster in
                let (first, second) = (cluster.servers[0], cluster.servers[1])
                try register(first, 60, "web")
                try first.done("PUT", "/v1/kv/before", "1")
                try await eventually("a snapshot is written", within: .seconds(20)) {
                    try cluster.servers.map {
                        try $0.metric("rollcall_cluster_snapshots_total")
                    }.reduce(0, +) >= 1
                }
                try await eventually("the log is short", within: .seconds(20)) {
                    let keys = try await cluster.etcdctl(
                        "get",
                        "--prefix",
                        "--keys-only",
                        "rollcall"
                    )
                    return keys.lines.count { $0.contains("/live/log/") } < 40
                }
                try register(second, 3, "late")
                #expect(try await second.program.stop() == .exit(0))
                try FileManager.default.removeItem(atPath: cluster.scratch.path(second.name))
                try await second.start()
                try await cluster.untilEqual()
                #expect(try second.ids(of: "web").count == 60)
                #expect(try second.ids(of: "late").count == 3)
                #expect(try second.done("GET", "/v1/kv/before?raw").body == "1")
            }
        }

        @Test("a server that missed what etcd has compacted away reads all of it anew")
        func compaction() async throws {
            try await ClusterFixture.run(servers: 2) { cluster in
                let (away, other) = (cluster.servers[0], cluster.servers[1])
                try await away.link.cut(.refusing)
                try register(other, 20, "missed")
                try other.done("DELETE", "/instances/missed7")
                let status = try await cluster.etcdctl("endpoint", "status", "-w", "json")
                let revision = try #require(
                    status.output.firstMatch(of: /"revision":([0-9]+)/)?.1
                )
                #expect(try await cluster.etcdctl("compact", String(revision)).succeeded)
                away.link.set(.passing)
                try await cluster.untilAllAreMembers(within: .seconds(30))
                try await cluster.untilEqual()
                #expect(try away.ids(of: "missed").count == 19)
                #expect(try away.metric("rollcall_cluster_loads_total") >= 2)
            }
        }
    }
}
