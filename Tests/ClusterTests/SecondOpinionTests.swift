import Foundation
import TestSupport
import Testing

extension Clusters {
    @Suite("Servers share the checks and ask each other")
    struct SecondOpinionTests {
        @Test("each check is one server's, and a silent target is critical once another agrees")
        func silence() async throws {
            let targets = Targets()
            try await ClusterFixture.run { cluster in
                var ports: [UInt16] = []
                for number in 0..<9 {
                    let port = try targets.add()
                    ports.append(port)
                    try cluster.servers[number % 3].done(
                        "POST",
                        "/register",
                        """
                        {"service": "web", "id": "w\(number)", "host": "127.0.0.1", "port": \(port),
                         "checks": [{"http": "/", "interval": "1s", "timeout": "500ms",
                         "failures_before_critical": 2}]}
                        """
                    )
                }
                try await eventually("all are up everywhere", within: .seconds(20)) {
                    try cluster.servers.allSatisfy { try $0.ports(of: "web") == Set(ports) }
                }
                // Once a second each: three times as many as long as all look after all.
                try await eventually("each check is one server's", within: .seconds(15)) {
                    let before = targets.askedCount
                    try await Task.sleep(for: .seconds(2))
                    return targets.askedCount - before <= 2 * ports.count + 5
                }
                let silent = ports.prefix(3)
                for port in silent { targets.set(port, .silent) }
                let began = ContinuousClock.now
                try await eventually("the silent ones are gone everywhere", within: .seconds(20)) {
                    try cluster.servers.allSatisfy {
                        try $0.ports(of: "web") == Set(ports.dropFirst(3))
                    }
                }
                let asked = try cluster.servers.reduce(0.0) {
                    try $0 + $1.metric("rollcall_cluster_questions_total")
                }
                #expect(asked >= 3)
                ClusterReport.figure(
                    "opinions",
                    "3 of 9 targets fell silent and were gone everywhere after "
                        + "\(ClusterReport.text(.now - began)); \(Int(asked)) questions"
                )
                for port in silent { targets.set(port, .well) }
                try await eventually("all are back everywhere", within: .seconds(20)) {
                    try cluster.servers.allSatisfy { try $0.ports(of: "web") == Set(ports) }
                }
                try await cluster.untilEqual()
            }
            try await targets.stop()
        }

        @Test("when a server dies the others look after its checks")
        func takeOver() async throws {
            let targets = Targets()
            try await ClusterFixture.run { cluster in
                var ports: [UInt16] = []
                for number in 0..<9 {
                    let port = try targets.add()
                    ports.append(port)
                    try cluster.servers[0].done(
                        "POST",
                        "/register",
                        """
                        {"service": "web", "id": "w\(number)", "host": "127.0.0.1", "port": \(port),
                         "checks": [{"http": "/", "interval": "1s", "timeout": "1s",
                         "failures_before_critical": 2}]}
                        """
                    )
                }
                try await eventually("all are up everywhere", within: .seconds(20)) {
                    try cluster.servers.allSatisfy { try $0.ports(of: "web") == Set(ports) }
                }
                let rest = cluster.servers.dropFirst()
                try await cluster.servers[0].program.kill()
                for port in ports.prefix(4) { targets.set(port, .refusing) }
                let began = ContinuousClock.now
                try await eventually("the dead ones are gone", within: .seconds(25)) {
                    try rest.allSatisfy { try $0.ports(of: "web") == Set(ports.dropFirst(4)) }
                }
                ClusterReport.figure(
                    "opinions",
                    "4 of 9 targets and a server died together: gone after "
                        + ClusterReport.text(.now - began)
                )
            }
            try await targets.stop()
        }
    }
}
