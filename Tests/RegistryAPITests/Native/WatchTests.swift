import Foundation
import ServiceCatalog
import Testing

@testable import RegistryAPI

@Suite("Native API: event streams", .timeLimit(.minutes(1)))
struct WatchTests {
    private static let body = #"{"service":"web","host":"10.0.0.1","port":80,"id":"w"}"#

    private struct Event {
        var name: String
        var id: String
        var data: Any

        init(_ text: String) throws {
            var fields: [String: String] = [:]
            for line in text.split(separator: "\n") {
                let colon = try #require(line.firstRange(of: ": "))
                fields[String(line[..<colon.lowerBound])] = String(line[colon.upperBound...])
            }
            name = try #require(fields["event"])
            id = try #require(fields["id"])
            data = try JSONSerialization.jsonObject(with: Data(try #require(fields["data"]).utf8))
        }
    }

    @Test("the state comes first, then what changed and what was removed")
    func followsChanges() async throws {
        try await TestServer.with { server in
            _ = try await server.request("POST", "/register", Self.body)
            try await TestConnection.with(port: server.port) { connection in
                try await connection.send("GET", "/services/web/watch")
                let head = try await connection.head()
                #expect(head.status == 200)
                #expect(head.headers["content-type"] == "text/event-stream")
                #expect(head.headers["cache-control"] == "no-store")
                #expect(try await connection.event() == "retry: 1000\n\n")
                let state = try Event(try await connection.event())
                #expect(state.name == "state")
                #expect(state.id == "3")
                let list = try #require(state.data as? [[String: Any]])
                #expect(list.compactMap { $0["id"] as? String } == ["w"])

                _ = try await server.request("POST", "/register", RegisterTests.payment)
                _ = try await server.request(
                    "POST",
                    "/register",
                    Self.body.replacing("\"w\"", with: "\"v\"")
                )
                let change = try Event(try await connection.event())
                #expect(change.name == "change")
                #expect(change.id == "5")
                let added = try #require(change.data as? [String: Any])
                #expect(added["index"] as? Int == 5)
                let upserted = try #require(added["upserted"] as? [[String: Any]])
                #expect(upserted.compactMap { $0["id"] as? String } == ["v"])
                #expect((added["removed"] as? [Any])?.isEmpty == true)

                _ = try await server.request("DELETE", "/instances/w")
                let removal = try Event(try await connection.event())
                let gone = try #require(removal.data as? [String: Any])
                #expect(
                    gone["removed"] as? [[String: String]]
                        == [["id": "w", "node": TestServer.nodeName]]
                )
            }
        }
    }

    @Test("who knows the current index is not sent the state again")
    func resumes() async throws {
        try await TestServer.with { server in
            _ = try await server.request("POST", "/register", Self.body)
            try await TestConnection.with(port: server.port) { connection in
                try await connection.send(
                    "GET",
                    "/services/web/watch",
                    headers: ["Last-Event-ID": "3"]
                )
                _ = try await connection.head()
                #expect(try await connection.event() == "retry: 1000\n\n")
                _ = try await server.request("DELETE", "/instances/w")
                #expect(try Event(try await connection.event()).name == "change")
            }
            try await TestConnection.with(port: server.port) { connection in
                try await connection.send(
                    "GET",
                    "/services/web/watch",
                    headers: ["Last-Event-ID": "3"]
                )
                _ = try await connection.head()
                _ = try await connection.event()
                let state = try Event(try await connection.event())
                #expect(state.name == "state")
                #expect((state.data as? [Any])?.isEmpty == true)
            }
        }
    }

    @Test("silence is broken by comments, and the stream ends when the server stops")
    func sendsHeartbeats() async throws {
        var settings = APISettings()
        settings.eventStreamHeartbeat = .milliseconds(20)
        try await TestServer.with(settings: settings) { server in
            try await TestConnection.with(port: server.port) { connection in
                try await connection.send("GET", "/services/web/watch")
                _ = try await connection.head()
                _ = try await connection.event()
                #expect(try Event(try await connection.event()).name == "state")
                #expect(try await connection.event() == ": heartbeat\n\n")
                #expect(try await connection.event() == ": heartbeat\n\n")
                await server.stop()
                while let chunk = try await connection.chunk() {
                    #expect(chunk == ": heartbeat\n\n")
                }
            }
        }
    }

    @Test("a filter decides what is told")
    func filters() async throws {
        try await TestServer.with { server in
            _ = try await server.request("POST", "/register", Self.body)
            try await TestConnection.with(port: server.port) { connection in
                try await connection.send("GET", "/services/web/watch?tag=blue")
                _ = try await connection.head()
                _ = try await connection.event()
                let state = try Event(try await connection.event())
                #expect((state.data as? [Any])?.isEmpty == true)
                let blue = Self.body.replacing("}", with: #","tags":["blue"]}"#)
                _ = try await server.request("POST", "/register", blue)
                let change = try Event(try await connection.event())
                #expect(((change.data as? [String: Any])?["upserted"] as? [Any])?.count == 1)
            }
        }
    }

    @Test("a client that goes away leaves nothing behind")
    func noticesDeparture() async throws {
        try await TestServer.with { server in
            try await TestConnection.with(port: server.port) { connection in
                try await connection.send("GET", "/services/web/watch")
                while server.keeper.waiterCount == 0 { await Task.yield() }
                try await connection.close()
            }
            while server.keeper.waiterCount > 0 || server.service.connectionCount > 0 {
                await Task.yield()
            }
            #expect(server.service.connectionCount == 0)
        }
    }
}
