import HTTPTypes
import ServiceCatalog
import TestSupport
import Testing

@testable import RegistryAPI

@Suite("Consul prepared queries, with tokens")
struct PreparedQueryAccessTests {
    private static let all =
        #"service_prefix "" { policy = "read" } node_prefix "" { policy = "read" }"#

    private func harness() async throws -> ConsulHarness {
        let api = try await ConsulHarness.guarded()
        for body in [
            #"{"Name":"web","Token":"secret-reader","Service":{"Service":"consul"}}"#,
            #"{"Name":"open","Service":{"Service":"consul"}}"#,
        ] {
            let reply = try await api.send(.post, "/v1/query", body, as: ConsulHarness.management)
            #expect(reply.status == 200, "\(reply.body)")
        }
        return api
    }

    @Test("a list shows what the token may read; tokens are hidden from all but management")
    func list() async throws {
        let api = try await harness()
        let reader = try await api.token("q", #"query "web" { policy = "read" }"#)
        func shown(_ secret: String?) async throws -> [String] {
            let list = try await api.send(.get, "/v1/query", as: secret).json.list
            return list.map { "\($0["Name"].text ?? "") \($0["Token"].text ?? "")" }.sorted()
        }
        #expect(try await shown(nil) == [])
        #expect(try await shown(reader) == ["web <hidden>"])
        #expect(try await shown(ConsulHarness.management) == ["open ", "web secret-reader"])
        let reply = try await api.send(.get, "/v1/query", as: reader)
        #expect(reply.headers["X-Consul-Results-Filtered-By-Acls"] == "true")
    }

    @Test("reading and changing one query take the permission on its name, the old and the new")
    func single() async throws {
        let api = try await harness()
        let writer = try await api.token("w", #"query "open" { policy = "write" }"#)
        let list = try await api.send(.get, "/v1/query", as: ConsulHarness.management).json.list
        let ids = Dictionary(
            uniqueKeysWithValues: list.map { ($0["Name"].text ?? "", $0["ID"].text ?? "") }
        )
        let web = try #require(ids["web"])
        let open = try #require(ids["open"])
        func status(_ method: String, _ id: String, _ name: String = "open") async throws -> Int {
            let body = #"{"Name":"\#(name)","Service":{"Service":"x"}}"#
            return switch method {
            case "GET": try await api.send(.get, "/v1/query/\(id)", as: writer).status
            case "PUT": try await api.send(.put, "/v1/query/\(id)", body, as: writer).status
            default: try await api.send(.delete, "/v1/query/\(id)", as: writer).status
            }
        }
        #expect(try await status("GET", web) == 403)
        #expect(try await status("GET", open) == 200)
        #expect(try await status("PUT", web) == 403)
        #expect(try await status("PUT", open, "other") == 403)
        #expect(try await status("PUT", open) == 200)
        #expect(try await status("DELETE", web) == 403)
        #expect(try await status("DELETE", open) == 200)
        let explain = try await api.send(.get, "/v1/query/web/explain", as: writer)
        #expect(explain.status == 403)
        #expect(explain.body.hasPrefix("Permission denied"))
    }

    @Test("a result has what the caller may see, or what the query's own token may")
    func execution() async throws {
        let api = try await harness()
        _ = try await api.token("reader", Self.all)
        func nodes(_ name: String, _ secret: String?) async throws -> Int {
            let reply = try await api.send(.get, "/v1/query/\(name)/execute", as: secret)
            #expect(reply.status == 200)
            return reply.json["Nodes"].list.count
        }
        #expect(try await nodes("open", nil) == 0)
        #expect(try await nodes("open", "secret-reader") == 1)
        #expect(try await nodes("web", nil) == 1)
    }
}
