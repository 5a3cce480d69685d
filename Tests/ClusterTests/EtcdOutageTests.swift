import DNSWire
import Foundation
import TestSupport
import Testing

extension Clusters {
    @Suite("etcd is gone")
    struct EtcdOutageTests {
        private static let check =
            #"{"http": "/", "interval": "1s", "timeout": "1s", "failures_before_critical": 2}"#

        @Test("DNS goes on, writes are refused at once, health is seen, and all heals by itself")
        func outage() async throws {
            let targets = Targets()
            let dying = try targets.add()
            let living = try targets.add()
            try await ClusterFixture.run { cluster in
                for (id, port) in [("dying", dying), ("living", living)] {
                    try cluster.servers[0].done(
                        "POST",
                        "/register",
                        """
                        {"service": "web", "id": "\(id)", "host": "127.0.0.1", "port": \(port),
                         "checks": [\(Self.check)]}
                        """
                    )
                }
                try await eventually("both are in DNS everywhere", within: .seconds(15)) {
                    try cluster.servers.allSatisfy {
                        try $0.ports(of: "web") == [dying, living]
                    }
                }
                for member in cluster.etcd { try await member.program.kill() }
                for server in cluster.servers { try await untilStale(server) }
                for server in cluster.servers {
                    try expectRefusals(server)
                    try await untilSaidInDNS(server)
                }

                targets.set(dying, .refusing)
                let died = ContinuousClock.now
                for server in cluster.servers {
                    try await eventually(
                        "\(server.name) sees itself that one is dead",
                        within: .seconds(11)
                    ) { try server.ports(of: "web") == [living] }
                }
                ClusterReport.figure(
                    "outage",
                    "a dead instance left DNS of all servers without etcd after "
                        + ClusterReport.text(.now - died)
                )
                for member in cluster.etcd { try cluster.start(member) }
                let restarted = ContinuousClock.now
                try await cluster.untilAllAreMembers(within: .seconds(30))
                for server in cluster.servers {
                    try await eventually("\(server.name) takes a write", within: .seconds(10)) {
                        try server.http("PUT", "/v1/kv/after/\(server.name)", "1").status == 200
                    }
                }
                ClusterReport.figure(
                    "outage",
                    "all servers write again \(ClusterReport.text(.now - restarted)) after etcd's "
                        + "start"
                )
                try await cluster.untilEqual()
                for server in cluster.servers {
                    #expect(try server.ports(of: "web") == [living])
                    #expect(try server.http("GET", "/ready").json["status"].text == "ready")
                    try await eventually("\(server.name) tells no problem") {
                        try !server.problemCodes().contains("cluster_cut_off")
                    }
                }
            }
            try await targets.stop()
        }

        private func untilStale(_ server: ClusterServer) async throws {
            try await eventually("\(server.name) says that it is stale", within: .seconds(15)) {
                let reply = try server.http("GET", "/ready")
                return reply.status == 200 && reply.json["status"].text == "ready, stale"
            }
            try await eventually("/health says why", within: .seconds(5)) {
                try server.problemCodes().contains("cluster_cut_off")
            }
        }

        /// Reads from memory, and refuses at once what it cannot do.
        private func expectRefusals(_ server: ClusterServer) throws {
            let started = ContinuousClock.now
            let requests = [
                (
                    "POST", "/register",
                    #"{"service": "x", "id": "x", "host": "10.0.0.1", "port": 1}"#
                ),
                ("PUT", "/v1/kv/refused", "1"),
                ("DELETE", "/instances/living", nil),
                ("GET", "/v1/kv/refused?consistent", nil),
            ]
            for (method, path, body) in requests {
                let reply = try server.http(method, path, body)
                #expect(reply.status == 503, "\(method) \(path): \(reply)")
                #expect(reply.headers["retry-after"] != nil, "\(method) \(path)")
            }
            #expect(ContinuousClock.now - started < .seconds(4))
            #expect(try server.http("GET", "/v1/kv/refused?stale").status == 404)
            #expect(try server.ids(of: "web") == ["dying", "living"])
        }

        private func untilSaidInDNS(_ server: ClusterServer) async throws {
            try await eventually("\(server.name)'s answers say that they are stale") {
                let edns = EDNS(udpPayloadBytes: 1_232)
                let answer = try server.dns.ask("web.service.consul", .a, edns: edns)
                #expect(answer.responseCode == .noError && !answer.answer.isEmpty)
                return ExtendedErrors.codes(of: answer).contains(3)
            }
        }

        @Test("a server that starts while etcd is gone answers from the copy on its disk")
        func startFromCopy() async throws {
            try await ClusterFixture.run { cluster in
                let server = cluster.servers[1]
                try cluster.servers[0].done(
                    "POST",
                    "/register",
                    #"{"service": "kept", "id": "kept-1", "host": "10.0.0.1", "port": 77}"#
                )
                try await cluster.untilEqual()
                #expect(try await server.program.stop() == .exit(0))
                for member in cluster.etcd { try await member.program.kill() }
                try server.launch()
                try await eventually("it answers", within: .seconds(20)) {
                    try server.ports(of: "kept") == [77]
                }
                #expect(try server.http("GET", "/ready").json["status"].text == "ready, stale")
                #expect(try server.http("PUT", "/v1/kv/a", "1").status == 503)
                for member in cluster.etcd { try cluster.start(member) }
                try await cluster.untilAllAreMembers(within: .seconds(30))
                try await eventually("it takes a write", within: .seconds(10)) {
                    try server.http("PUT", "/v1/kv/a", "1").status == 200
                }
                try await cluster.untilEqual()
            }
        }

        @Test("a server that is killed while etcd is gone starts from the copy it made before")
        func killedWhileGone() async throws {
            try await ClusterFixture.run(
                settings: ["ROLLCALL_CLUSTER_COPY_INTERVAL": "1s"]
            ) { cluster in
                let server = cluster.servers[2]
                try cluster.servers[0].done(
                    "POST",
                    "/register",
                    #"{"service": "kept", "id": "kept-1", "host": "10.0.0.1", "port": 77}"#
                )
                try await cluster.untilEqual()
                let copies = try server.metric("rollcall_cluster_copies_total")
                try await eventually("it has copied", within: .seconds(10)) {
                    try server.metric("rollcall_cluster_copies_total") > copies
                }
                for member in cluster.etcd { try await member.program.kill() }
                try await server.program.kill()
                try server.launch()
                try await eventually("it answers", within: .seconds(20)) {
                    try server.ports(of: "kept") == [77]
                }
            }
        }
    }
}
