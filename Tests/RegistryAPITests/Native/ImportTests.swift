import ServiceCatalog
import Testing

@testable import RegistryAPI

@Suite("Native API: import", .timeLimit(.minutes(1)))
struct ImportTests {
    private static func line(_ number: Int) -> String {
        #"{"service":"web","host":"10.0.0.1","port":\#(number)}"#
    }

    @Test("many lines become many instances")
    func importsMany() async throws {
        try await TestServer.with { server in
            let body = (1...1_000).map(Self.line).joined(separator: "\n")
            let response = try await server.request("POST", "/import", body)
            #expect(response.status == 200)
            #expect(response.body == #"{"errors":[],"failed":0,"imported":1000}"# + "\n")
            #expect(server.keeper.read { $0.instanceCount } == 1_000)
        }
    }

    @Test("a bad line is told with its number and field, the others are imported")
    func reportsBadLines() async throws {
        try await TestServer.with { server in
            let body = [
                Self.line(1), "", "{", Self.line(70_000), Self.line(2) + "\r", "[]",
            ].joined(separator: "\n")
            let response = try await server.request("POST", "/import", body)
            #expect(response.status == 200)
            let object = try response.object()
            #expect(object["imported"] as? Int == 2)
            #expect(object["failed"] as? Int == 3)
            let errors = try #require(object["errors"] as? [[String: Any]])
            #expect(errors.compactMap { $0["line"] as? Int } == [3, 4, 6])
            #expect(errors[1]["field"] as? String == "port")
            #expect((errors[0]["error"] as? String)?.contains("column 2") == true)
        }
    }

    @Test("nothing usable is 400, an empty body is fine")
    func refusesRubbish() async throws {
        try await TestServer.with { server in
            let rubbish = try await server.request("POST", "/import", "hello\nworld")
            #expect(rubbish.status == 400)
            let empty = try await server.request("POST", "/import", "")
            #expect(empty.status == 200)
        }
    }

    @Test("lines about one instance take effect in their order")
    func keepsOrder() async throws {
        try await TestServer.with { server in
            let body = (1...50).map {
                #"{"service":"web","host":"10.0.0.1","port":\#($0),"id":"same"}"#
            }.joined(separator: "\n")
            _ = try await server.request("POST", "/import", body)
            let key = InstanceKey(node: TestServer.nodeName, id: "same")
            #expect(server.keeper.read { $0.instance(key)?.port } == 50)
        }
    }

    @Test("a line or a body that is too long is refused")
    func limitsSizes() async throws {
        var settings = APISettings()
        settings.bodyBytesMax = 100
        settings.importBytesMax = 1_000
        try await TestServer.with(settings: settings) { server in
            let long = String(repeating: "x", count: 200)
            let response = try await server.request("POST", "/import", "\(long)\n\(Self.line(1))")
            #expect(try response.object()["imported"] as? Int == 1)
            #expect(response.body.contains("the line is too long"))
            let body = String(repeating: "\n", count: 1_001)
            #expect(try await server.request("POST", "/import", body).status == 413)
        }
    }
}
