import Foundation
import TestSupport
import Testing

extension Clusters {
    @Suite("Operating a cluster")
    struct OperationTests {
        private func rollcall(_ arguments: String...) async throws -> CommandLineClient.Result {
            try await CommandLineClient.run([RollcallProcess.binary] + arguments)
        }

        @Test(
            "the status command and Consul's endpoints name the servers and the leader, also after it died"
        )
        func status() async throws {
            try await ClusterFixture.run { cluster in
                let asked = cluster.servers[0]
                let address = "127.0.0.1:\(asked.httpPort)"
                try await cluster.untilEqual()
                let well = try await rollcall("cluster", "status", "--http-address", address)
                #expect(well.succeeded, "\(well.output)")
                #expect(well.output.contains("all that answer hold the same"))
                for server in cluster.servers { #expect(well.output.contains(server.name)) }

                let leader = try await cluster.leader()
                let others = cluster.servers.filter { $0.number != leader.number }
                #expect(try others[0].done("GET", "/v1/status/peers").json.list.count == 3)
                #expect(try others[0].done("GET", "/v1/status/leader").json.text != "")
                try await leader.program.kill()
                try await eventually("somebody notices", within: .seconds(20)) {
                    try others.contains {
                        try $0.problemCodes().contains("cluster_leaderless")
                            || $0.status()["leader"].text != leader.name
                    }
                }
                try await eventually("another leads", within: .seconds(20)) {
                    let name = try others[0].status()["leader"].text
                    return name != nil && name != leader.name
                }
                try await eventually("the dead one is told", within: .seconds(20)) {
                    let members = try others[0].done("GET", "/v1/agent/members").json.list
                    return members.contains {
                        $0["Name"].text == leader.name && $0["Status"].number == 4
                    }
                }
                let address2 = "127.0.0.1:\(others[0].httpPort)"
                let one = try await rollcall("cluster", "status", "--http-address", address2)
                #expect(one.output.contains(others[1].name), "\(one.output)")
            }
        }

        @Test("a server without a cluster says that it stands alone")
        func alone() async throws {
            let server = try await RollcallProcess.start()
            let result = try await rollcall(
                "cluster",
                "status",
                "--http-address",
                "127.0.0.1:\(server.httpPort)"
            )
            #expect(!result.succeeded && result.errors.contains("stands alone"))
            try await server.stop()
        }

        @Test("a paused server whose name somebody else took says so when it runs again")
        func nameTaken() async throws {
            try await ClusterFixture.run(servers: 2) { cluster in
                let paused = cluster.servers[1]
                paused.program.signal(SIGSTOP)
                defer { paused.program.signal(SIGCONT) }
                try await eventually("it is gone", within: .seconds(30)) {
                    try cluster.servers[0].status()["members"].list.count == 1
                }
                let endpoints = cluster.etcd.map(\.url).joined(separator: ",")
                let port = try FreePort.next()
                let other = try RollcallProcess.launch(
                    [
                        "--store", "etcd", "--etcd", endpoints, "--cluster", "example",
                        "--node-name", paused.name, "--data-dir", cluster.scratch.path("other"),
                        "--dns-listen", "127.0.0.1:0", "--http-listen", "127.0.0.1:\(port)",
                    ],
                    scratch: cluster.scratch
                )
                defer { other.kill() }
                try await eventually("the other takes part", within: .seconds(30)) {
                    try cluster.servers[0].status()["members"].list.count == 2
                }
                paused.program.signal(SIGCONT)
                try await eventually("it says so", within: .seconds(30)) {
                    try paused.problemCodes().contains("cluster_name_taken")
                }
            }
        }

        @Test(
            "what a server that stood alone exports is the cluster's after an import, and its clients go on"
        )
        func migration() async throws {
            let alone = try await RollcallProcess.start(["--node-name", "old-host"])
            let client = try HTTPClientConnection(port: alone.httpPort)
            for number in 1...300 {
                let body =
                    #"{"service": "web", "id": "w\#(number)", "host": "10.0.0.1", "port": 1}"#
                #expect(try client.request("POST", "/register", body).status == 200)
            }
            let check = #"{"Name": "job", "ID": "job", "Port": 7, "Check": {"TTL": "1h"}}"#
            #expect(try client.request("PUT", "/v1/agent/service/register", check).status == 200)
            // More than one value of etcd holds.
            for number in 1...8 {
                let value = String(repeating: "v", count: 400_000)
                #expect(try client.request("PUT", "/v1/kv/big/\(number)", value).status == 200)
            }
            try await ClusterFixture.run { cluster in
                let file = cluster.scratch.path("export")
                let from = "127.0.0.1:\(alone.httpPort)"
                let to = "127.0.0.1:\(cluster.servers[1].httpPort)"
                let exported = try await rollcall("export", file, "--http-address", from)
                #expect(exported.succeeded, "\(exported.errors)")
                let imported = try await rollcall("import", file, "--http-address", to)
                #expect(imported.succeeded, "\(imported.errors)")
                try await cluster.untilEqual(within: .seconds(40))
                for server in cluster.servers {
                    #expect(try server.ids(of: "web").count == 300)
                    let servers = try server.done("GET", "/v1/catalog/service/consul").json.list
                    #expect(servers.count == 3)
                    let value = try server.done("GET", "/v1/kv/big/8?raw").body
                    #expect(value.utf8.count == 400_000)
                }
                // As before: heartbeats, and a registration again.
                let beat = try cluster.servers[2].http("PUT", "/v1/agent/check/pass/service:job")
                #expect(beat.status == 200, "\(beat)")
                try cluster.servers[0].done(
                    "POST",
                    "/register",
                    #"{"service": "web", "id": "w1", "host": "10.0.0.2", "port": 1}"#
                )
                #expect(try cluster.servers[0].ids(of: "web").count == 300)
            }
            try await alone.stop()
        }
    }
}
