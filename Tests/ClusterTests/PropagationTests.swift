import DNSWire
import Foundation
import TestSupport
import Testing

extension Clusters {
    @Suite("Changes reach all servers")
    struct PropagationTests {
        @Test("what is registered with one server is in the DNS answers of all others soon after")
        func propagation() async throws {
            try await ClusterFixture.run { cluster in
                let connection = try HTTPClientConnection(port: cluster.servers[0].httpPort)
                var own: [Duration] = []
                var others: [Duration] = []
                var registering: [Duration] = []
                for number in 1...200 {
                    let started = ContinuousClock.now
                    let reply = try connection.request(
                        "POST",
                        "/register",
                        """
                        {"service": "web-\(number)", "id": "w\(number)", "host": "10.0.0.1",
                         "port": \(number)}
                        """
                    )
                    let acknowledged = ContinuousClock.now
                    #expect(reply.status == 200, "\(reply)")
                    guard reply.status == 200 else { continue }
                    registering.append(acknowledged - started)
                    for server in cluster.servers {
                        try await eventually(
                            "\(server.name) answers web-\(number)",
                            within: .seconds(5),
                            every: .microseconds(200)
                        ) {
                            try server.dns.ask("web-\(number).service.consul", .a).answer.count == 1
                        }
                        let delay = ContinuousClock.now - acknowledged
                        if server.number == 1 { own.append(delay) } else { others.append(delay) }
                    }
                }
                ClusterReport.figure(
                    "propagation",
                    "register \(ClusterReport.distribution(registering))"
                )
                ClusterReport.figure(
                    "propagation",
                    "after that in DNS at the same server \(ClusterReport.distribution(own))"
                )
                ClusterReport.figure(
                    "propagation",
                    "in DNS at the two others \(ClusterReport.distribution(others))"
                )
                try await cluster.untilEqual()
            }
        }

        @Test("what one server acknowledges is in its own answer at once")
        func ownWrites() async throws {
            try await ClusterFixture.run(servers: 2) { cluster in
                for number in 1...60 {
                    let server = cluster.servers[number % 2]
                    try server.done(
                        "POST",
                        "/register",
                        #"{"service": "own", "id": "o\#(number)", "host": "10.0.0.1", "port": 1}"#
                    )
                    #expect(try server.ids(of: "own") == ["o\(number)"])
                    let answer = try server.dns.ask("own.service.consul", .a)
                    #expect(answer.answer.count == 1)
                    try server.done("DELETE", "/instances/o\(number)")
                    #expect(try server.ids(of: "own").isEmpty)
                    #expect(
                        try server.dns.ask("own.service.consul", .a).responseCode == .nameError
                    )
                }
            }
        }

        @Test("what one server acknowledged is deregistered by another at once")
        func deregisteringElsewhere() async throws {
            try await ClusterFixture.run { cluster in
                var tooEarly: [String] = []
                for number in 1...60 {
                    try cluster.servers[number % 3].done(
                        "POST",
                        "/register",
                        #"{"service": "x", "id": "x\#(number)", "host": "10.0.0.1", "port": 1}"#
                    )
                    let other = cluster.servers[(number + 1) % 3]
                    let reply = try other.http("DELETE", "/instances/x\(number)")
                    if reply.status != 200 { tooEarly.append("\(reply)") }
                }
                #expect(tooEarly.isEmpty, "\(tooEarly.count): \(tooEarly.prefix(3))")
                try await cluster.untilEqual()
                for server in cluster.servers { #expect(try server.ids(of: "x").isEmpty) }
            }
        }

        @Test("Consul's API names the leader and the members of the cluster")
        func consulStatus() async throws {
            try await ClusterFixture.run { cluster in
                let leader = try await cluster.leader()
                for server in cluster.servers {
                    let members = try server.done("GET", "/v1/agent/members").json.list
                    #expect(
                        Set(members.compactMap { $0["Name"].text })
                            .isSuperset(of: cluster.servers.map(\.name))
                    )
                    let peers = try server.done("GET", "/v1/status/peers").json.list
                    #expect(peers.count == 3)
                    let told = try server.done("GET", "/v1/status/leader").json.text
                    #expect(told == (try leader.done("GET", "/v1/status/leader").json.text))
                    #expect(peers.contains { $0.text == told })
                }
            }
        }
    }
}
