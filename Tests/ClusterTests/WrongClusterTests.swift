import Foundation
import TestSupport
import Testing

extension Clusters {
    @Suite("A server that is started on the wrong cluster")
    struct WrongClusterTests {
        private func expectRefusal(_ server: ClusterServer, _ words: String) async throws {
            let end = try await server.program.current?.untilEnd(within: .seconds(30))
            #expect(end == .exit(2))
            let errors = server.program.current?.errors ?? ""
            #expect(errors.contains(words), "\(errors)")
        }

        @Test("it ends with status 2 and says why: another name, or an etcd that was wiped")
        func wrong() async throws {
            try await ClusterFixture.run(servers: 1) { cluster in
                let server = cluster.servers[0]
                try server.done(
                    "POST",
                    "/register",
                    #"{"service": "web", "id": "w", "host": "10.0.0.1", "port": 1}"#
                )
                #expect(try await server.program.stop() == .exit(0))
                try server.launch(cluster: "other")
                try await expectRefusal(
                    server,
                    #"the data folder is of cluster "example" and not of "other""#
                )

                #expect(try await cluster.etcdctl("del", "", "--prefix").succeeded)
                try server.launch()
                try await expectRefusal(
                    server,
                    #"etcd has no cluster "example" while the data folder is of its server"#
                )
            }
        }

        @Test("two servers of the same name: the second one ends with status 2")
        func sameName() async throws {
            try await ClusterFixture.run(servers: 1) { cluster in
                let endpoints = cluster.etcd.map(\.url).joined(separator: ",")
                let second = try RollcallProcess.launch(
                    [
                        "--store", "etcd", "--etcd", endpoints, "--cluster", "example",
                        "--node-name", "node-1", "--dns-listen", "127.0.0.1:0",
                        "--http-listen", "127.0.0.1:0",
                    ],
                    scratch: cluster.scratch
                )
                #expect(try await second.untilEnd(within: .seconds(40)) == .exit(2))
                #expect(
                    second.errors.contains("give this one another --node-name"),
                    "\(second.errors)"
                )
                #expect(try cluster.servers[0].http("GET", "/ready").status == 200)
            }
        }
    }
}
