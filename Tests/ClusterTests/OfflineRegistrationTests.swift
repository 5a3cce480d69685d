import Foundation
import TestSupport
import Testing

extension Clusters {
    @Suite("Registrations that a server takes while it is cut off")
    struct OfflineRegistrationTests {
        private static func registration(_ id: String, port: Int) -> String {
            #"{"service": "web", "id": "\#(id)", "host": "10.0.0.1", "port": \#(port)}"#
        }

        @Test("they are served there, reach all others later, and a later word elsewhere holds")
        func offline() async throws {
            try await ClusterFixture.run(flags: ["--accept-offline-registrations"]) { cluster in
                let (alone, other) = (cluster.servers[0], cluster.servers[1])
                for id in ["gone-here", "gone-there"] {
                    try other.done("POST", "/register", Self.registration(id, port: 1))
                }
                try await cluster.untilEqual()
                alone.link.set(.stalled)
                try await eventually("it is cut off", within: .seconds(15)) { try alone.isCutOff }

                for (id, port) in [("new", 10), ("changed-later", 11), ("gone-there", 12)] {
                    try alone.done("POST", "/register", Self.registration(id, port: port))
                }
                try alone.done("DELETE", "/instances/gone-here")
                #expect(try alone.ports(of: "web") == [10, 11, 12])
                #expect(try alone.status()["taken"].number == 4)
                #expect(try alone.http("PUT", "/v1/kv/a", "1").status == 503)
                // Later, and so these hold.
                try other.done("POST", "/register", Self.registration("changed-later", port: 21))
                try other.done("DELETE", "/instances/gone-there")
                #expect(try other.ports(of: "web") == [1, 21])

                alone.link.set(.passing)
                try await cluster.untilAllAreMembers(within: .seconds(30))
                try await cluster.untilEqual()
                for server in cluster.servers {
                    #expect(try server.ids(of: "web") == ["new", "changed-later"])
                    #expect(try server.ports(of: "web") == [10, 21])
                }
                #expect(try alone.status()["taken"].number == 0)
                #expect(try alone.metric("rollcall_cluster_merged_total") == 2)
                #expect(try alone.metric("rollcall_cluster_superseded_total") == 2)
            }
        }

        @Test("they survive kill -9 of the server that took them")
        func killed() async throws {
            try await ClusterFixture.run(flags: ["--accept-offline-registrations"]) { cluster in
                let alone = cluster.servers[2]
                try cluster.servers[0].done("POST", "/register", Self.registration("old", port: 1))
                try await cluster.untilEqual()
                // So that it has a copy to start from.
                try await alone.program.stop()
                try await alone.start()
                alone.link.set(.refusing)
                try await eventually("it is cut off", within: .seconds(15)) { try alone.isCutOff }
                try alone.done("POST", "/register", Self.registration("new", port: 2))
                try await alone.program.kill()
                try alone.launch()
                try await eventually("it answers", within: .seconds(20)) {
                    try alone.ports(of: "web").contains(1)
                }
                try await eventually("it answers with what it took", within: .seconds(5)) {
                    try alone.ports(of: "web") == [1, 2]
                }
                alone.link.set(.passing)
                try await cluster.untilAllAreMembers(within: .seconds(30))
                try await cluster.untilEqual()
                for server in cluster.servers {
                    #expect(try server.ids(of: "web") == ["old", "new"])
                }
            }
        }

        @Test("without the flag a server that is cut off takes none")
        func refused() async throws {
            try await ClusterFixture.run { cluster in
                let alone = cluster.servers[0]
                alone.link.set(.stalled)
                try await eventually("it is cut off", within: .seconds(15)) { try alone.isCutOff }
                let body = Self.registration("new", port: 10)
                let reply = try alone.http("POST", "/register", body)
                #expect(reply.status == 503 && reply.headers["retry-after"] != nil, "\(reply)")
                // The others go on, and learn of it by its silence.
                try cluster.servers[1].done("POST", "/register", body)
                try await eventually("the others miss it", within: .seconds(15)) {
                    try cluster.servers[1].status()["members"].list.count == 2
                }
                alone.link.set(.passing)
                try await cluster.untilAllAreMembers(within: .seconds(30))
                try await cluster.untilEqual()
                #expect(try alone.ports(of: "web") == [10])
            }
        }
    }
}
