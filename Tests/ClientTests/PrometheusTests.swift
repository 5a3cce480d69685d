import Foundation
import TestSupport
import Testing

extension RealClients {
    @Suite("Prometheus")
    struct PrometheusTests {
        /// Prometheus with the documented settings, in the network where Rollcall is the resolver.
        private struct Running {
            let host: ResolvingHost
            let scratch: ScratchFolder
            let process: ChildProcess

            static func start() async throws -> Running {
                let host = try await ResolvingHost.start(
                    settings: ["ROLLCALL_DNS_TTL_SERVICES": "1s"]
                )
                let scratch = try ScratchFolder()
                let settings = try documented("Prometheus").with([
                    ("127.0.0.1:8500", "127.0.0.1:\(host.rollcall.httpPort)"),
                    ("refresh_interval: 5s", "refresh_interval: 1s"),
                ])
                let file = try scratch.write(
                    "global:\n  scrape_interval: 1s\n  scrape_timeout: 1s\n" + settings,
                    to: "prometheus.yml"
                )
                let process = try host.launch(
                    Peers.run + [
                        "prometheus", "--config.file=\(file)",
                        "--storage.tsdb.path=\(scratch.path("data"))",
                        "--web.listen-address=127.0.0.1:9090",
                    ],
                    folder: scratch.path("")
                )
                return Running(host: host, scratch: scratch, process: process)
            }

            /// The targets of a job that it scrapes now, in the order of their addresses.
            func targets(_ job: String) async throws -> [JSON] {
                guard process.isRunning else { throw Hopeless(description: process.errors) }
                let result = try await host.run([
                    "curl", "-sSf", "-m", "5",
                    "http://127.0.0.1:9090/api/v1/targets?state=active",
                ])
                guard result.succeeded else { throw UnexpectedAnswer(description: "\(result)") }
                return try JSON(result.output)["data"]["activeTargets"].list
                    .filter { $0["scrapePool"].text == job }
                    .sorted { address($0) < address($1) }
            }

            func address(_ target: JSON) -> String {
                target["discoveredLabels"]["__address__"].text ?? ""
            }
        }

        /// Registers an instance whose metrics are Rollcall's own.
        private func register(_ id: String, _ host: ResolvingHost, tags: String) async throws {
            try await host.curl(
                "PUT",
                "/v1/agent/service/register",
                """
                {"ID": "\(id)", "Name": "web", "Tags": \(tags), "Address": "127.0.0.1",
                 "Port": \(host.rollcall.httpPort), "Meta": {"version": "7", "team-name": "blue"}}
                """
            )
        }

        @Test("consul_sd finds targets with their labels, and drops them")
        func consulDiscovery() async throws {
            let running = try await Running.start()
            let host = running.host
            try await register("web-1", host, tags: #"["metrics", "v1"]"#)
            try await host.curl(
                "PUT",
                "/v1/catalog/register",
                """
                {"Node": "db-1", "Address": "10.0.9.1", "NodeMeta": {"rack": "r7"},
                 "TaggedAddresses": {"lan": "10.0.9.1", "wan": "192.0.2.9"},
                 "Service": {"Service": "db", "ID": "db-1", "Port": 5432, "Tags": ["metrics"],
                  "TaggedAddresses": {"lan": {"Address": "10.0.9.2", "Port": 5433}}},
                 "Check": {"CheckID": "c", "Name": "c", "ServiceID": "db-1", "Status": "warning"}}
                """
            )
            try await host.curl(
                "PUT",
                "/v1/agent/service/register",
                #"{"Name": "without", "Address": "127.0.0.1", "Port": 1}"#
            )
            var found: [JSON] = []
            try await eventually("both tagged instances are targets", within: .seconds(30)) {
                found = try await running.targets("catalog")
                return found.count == 2
            }
            let database = found[0]["discoveredLabels"]
            let labels = [
                "__address__": "10.0.9.1:5432", "__meta_consul_address": "10.0.9.1",
                "__meta_consul_dc": "dc1", "__meta_consul_health": "warning",
                "__meta_consul_metadata_rack": "r7", "__meta_consul_node": "db-1",
                "__meta_consul_service": "db",
                "__meta_consul_service_id": "db-1", "__meta_consul_service_port": "5432",
                "__meta_consul_tagged_address_lan": "10.0.9.1",
                "__meta_consul_tagged_address_wan": "192.0.2.9", "__meta_consul_tags": ",metrics,",
            ]
            for (label, value) in labels {
                #expect(database[label].text == value, "\(label) of \(database)")
            }
            #expect(found[0]["labels"]["service"].text == "db")
            let web = found[1]["discoveredLabels"]
            #expect(web["__address__"].text == "127.0.0.1:\(host.rollcall.httpPort)")
            #expect(web["__meta_consul_tags"].text == ",metrics,v1,")
            #expect(web["__meta_consul_service_metadata_version"].text == "7")
            #expect(web["__meta_consul_service_metadata_team_name"].text == "blue")
            try await eventually("the metrics of a target are read", within: .seconds(20)) {
                try await running.targets("catalog")[1]["health"].text == "up"
            }

            // Another tag set is another set of labels; without the tag it is no target any more.
            try await register("web-1", host, tags: #"["metrics", "v2"]"#)
            try await eventually("the new tag is a label", within: .seconds(30)) {
                let target = try await running.targets("catalog").last
                return target?["discoveredLabels"]["__meta_consul_tags"].text == ",metrics,v2,"
            }
            try await host.curl("PUT", "/v1/agent/service/deregister/web-1")
            try await eventually("the removed instance is no target", within: .seconds(30)) {
                try await running.targets("catalog").map(running.address) == ["10.0.9.1:5432"]
            }
            try await host.curl("PUT", "/v1/catalog/deregister", #"{"Node": "db-1"}"#)
            try await eventually("the removed node has no targets", within: .seconds(30)) {
                try await running.targets("catalog").isEmpty
            }
        }

        @Test("dns_sd finds targets by SRV, reads their metrics, and drops them")
        func nameDiscovery() async throws {
            let running = try await Running.start()
            let host = running.host
            let port = host.rollcall.httpPort
            try await register("web-1", host, tags: "[]")
            try await host.curl(
                "POST",
                "/register",
                #"{"service": "web", "id": "web-2", "host": "10.0.1.2", "port": 8080}"#
            )
            var found: [JSON] = []
            try await eventually("both instances are targets", within: .seconds(30)) {
                found = try await running.targets("names")
                return found.count == 2
            }
            let labels = found.map { $0["discoveredLabels"] }
            #expect(labels.allSatisfy { $0["__meta_dns_name"].text == "web.service.consul" })
            #expect(
                Set(labels.map { $0["__meta_dns_srv_record_port"].text }) == ["\(port)", "8080"]
            )
            try await eventually("the target's name resolves", within: .seconds(20)) {
                try await running.targets("names").contains { $0["health"].text == "up" }
            }
            try await host.curl("PUT", "/v1/agent/service/deregister/web-1")
            try await eventually("the removed instance is no target", within: .seconds(30)) {
                let left = try await running.targets("names").map { $0["discoveredLabels"] }
                return left.map { $0["__meta_dns_srv_record_port"].text } == ["8080"]
            }
        }
    }
}
