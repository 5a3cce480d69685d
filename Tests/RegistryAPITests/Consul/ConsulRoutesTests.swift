import Testing

@testable import RegistryAPI

@Suite("Consul's paths over HTTP")
struct ConsulRoutesTests {
    @Test("Names may have slashes, escapes and spaces, and may be missing")
    func names() async throws {
        try await TestServer.with { server in
            let body = #"{"ID":"scope/a b","Name":"pg","Port":1}"#
            let put = try await server.request("PUT", "/v1/agent/service/register", body)
            #expect(put.status == 200)
            #expect(put.body.isEmpty)
            for path in ["scope/a%20b", "scope%2Fa%20b"] {
                let reply = try await server.request("GET", "/v1/agent/service/\(path)")
                #expect(reply.status == 200, "\(path)")
            }
            let removal = "/v1/agent/service/deregister/scope/a%20b"
            #expect(try await server.request("PUT", removal).status == 200)
            #expect(try await server.request("GET", "/v1/agent/services").body == "{}")
            for (path, message) in [
                ("health/service/", "Missing service name"), ("catalog/node/", "Missing node name"),
                ("health/state", "Missing check state"),
            ] {
                let reply = try await server.request("GET", "/v1/\(path)")
                #expect(reply.status == 400)
                #expect(reply.body == message)
            }
        }
    }

    @Test("Another method is 405 with those that there are; HEAD is refused too")
    func methods() async throws {
        try await TestServer.with { server in
            let post = try await server.request("POST", "/v1/agent/service/register", "{}")
            #expect(post.status == 405)
            #expect(post.headers["allow"] == "OPTIONS, PUT")
            #expect(try await server.request("PUT", "/v1/catalog/services").status == 405)
            let options = try await server.request("OPTIONS", "/v1/health/service/web")
            #expect(options.status == 200)
            #expect(options.headers["allow"] == "GET, OPTIONS")
        }
    }

    @Test("What is not there is 404, what comes later is not pretended")
    func unknown() async throws {
        try await TestServer.with { server in
            for path in ["/v1/nosuch/endpoint", "/v1/session", "/v1/connect"] {
                let reply = try await server.request("GET", path)
                #expect(reply.status == 404, "\(path)")
                #expect(reply.headers["content-type"]?.hasPrefix("text/plain") == true)
            }
        }
    }

    @Test("Every answer tells what requests without a token may do, whatever was asked")
    func defaultPolicy() async throws {
        try await TestServer.with { server in
            for (method, path, status) in [
                ("GET", "/v1/agent/services", 200), ("GET", "/v1/nosuch/endpoint", 404),
                ("GET", "/v1", 404), ("POST", "/v1/agent/services", 405),
                ("OPTIONS", "/v1/health/service/web", 200),
                ("PUT", "/v1/agent/service/register", 400),
            ] {
                let reply = try await server.request(method, path)
                #expect(reply.status == status, "\(method) \(path)")
                #expect(
                    reply.headers["x-consul-default-acl-policy"] == "allow",
                    "\(method) \(path)"
                )
            }
            for path in ["/services", "/nosuch", "/v10"] {
                let reply = try await server.request("GET", path)
                #expect(reply.headers["x-consul-default-acl-policy"] == nil, "\(path)")
            }
        }
    }
}
