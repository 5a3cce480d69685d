import Foundation
import Synchronization
import Testing

@testable import RollcallClient

@Suite("Registration")
struct RegistrationTests {
    private static let accepted = #"{"instance_id":"pay-1","lease_id":"l-1","ttl":"30s"}"#

    @Test("a registration is sent in the form of the native API")
    func register() async throws {
        let seen = Mutex<FakeRequest?>(nil)
        let registered = try await withFakeRegistry { request in
            seen.withLock { $0 = request }
            return .json(Self.accepted)
        } body: { server in
            try await Registration(server).register(
                ServiceRegistration(
                    service: "payment",
                    host: "10.0.1.1",
                    port: 8080,
                    tags: ["eu"],
                    metadata: ["version": "2"],
                    weights: .init(passing: 10),
                    ttl: .seconds(30),
                    checks: [HealthCheck(.http(url: "http://10.0.1.1/up"), interval: .seconds(5))]
                )
            )
        }
        #expect(registered.instanceID == "pay-1")
        #expect(registered.leaseID == "l-1")
        #expect(registered.ttl == .seconds(30))

        let request = try #require(seen.withLock { $0 })
        #expect(request.method == "POST")
        #expect(request.uri == "/register")
        #expect(request.headers["content-type"] == "application/json")
        let body = try JSONSerialization.jsonObject(with: Data(request.body.utf8)) as? NSDictionary
        let expected: NSDictionary = [
            "service": "payment", "host": "10.0.1.1", "port": 8080, "tags": ["eu"],
            "metadata": ["version": "2"], "weights": ["passing": 10, "warning": 1],
            "ttl": "30000ms",
            "checks": [["http": "http://10.0.1.1/up", "interval": "5000ms"]],
        ]
        #expect(body == expected)
    }

    @Test("what is not set is not sent")
    func minimal() throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        let bytes = try encoder.encode(
            ServiceRegistration(service: "payment", host: "10.0.1.1", port: 8080)
        )
        #expect(
            String(decoding: bytes, as: UTF8.self)
                == #"{"host":"10.0.1.1","port":8080,"service":"payment"}"#
        )
    }

    @Test("a refusal carries the server's words, field and hint")
    func refused() async throws {
        let error = try await withFakeRegistry { _ in
            .json(#"{"error":"out of range","field":"port","hint":"use 1 to 65535"}"#, status: 400)
        } body: { server in
            await #expect(throws: ClientError.self) {
                try await Registration(server).register(
                    ServiceRegistration(service: "a", host: "10.0.0.1", port: 70_000)
                )
            }
        }
        #expect(error?.code == .refused)
        #expect(error?.status == 400)
        #expect(error?.description == "port: out of range (use 1 to 65535)")
    }

    @Test("a heartbeat for a lease that ran out is `notFound`")
    func heartbeat() async throws {
        let error = try await withFakeRegistry { request in
            request.method == "PUT" && request.uri == "/heartbeat/pay%2F1"
                ? .json(#"{"error":"unknown instance"}"#, status: 404) : .json("{}", status: 500)
        } body: { server in
            await #expect(throws: ClientError.self) {
                try await Registration(server).heartbeat("pay/1")
            }
        }
        #expect(error?.code == .notFound)
        #expect(error?.message == "unknown instance")
    }

    @Test("deregistration with drain is a DELETE with a flag")
    func deregister() async throws {
        let seen = Mutex<[String]>([])
        try await withFakeRegistry { request in
            seen.withLock { $0.append("\(request.method) \(request.uri)") }
            return .json(#"{"instance_id":"pay-1","drained":true,"waited_seconds":0}"#)
        } body: { server in
            try await Registration(server).deregister("pay-1", drain: true)
            try await Registration(server).deregister("pay-2")
        }
        #expect(
            seen.withLock { $0 } == [
                "DELETE /instances/pay-1?drain=true", "DELETE /instances/pay-2",
            ]
        )
    }

    @Test("withRegistration renews, registers again when forgotten, and says goodbye")
    func withRegistration() async throws {
        let (calls, continuation) = AsyncStream<String>.makeStream()
        let beats = Mutex(0)
        try await withFakeRegistry { request in
            continuation.yield("\(request.method) \(request.uri)")
            switch request.method {
            case "POST": return .json(#"{"instance_id":"pay-1","lease_id":"l","ttl":"30ms"}"#)
            case "PUT":
                let count = beats.withLock {
                    $0 += 1; return $0
                }
                return count == 2
                    ? .json(#"{"error":"unknown"}"#, status: 404)
                    : .json(#"{"instance_id":"pay-1","lease_id":"l","ttl":"30ms"}"#)
            default: return .json(#"{"instance_id":"pay-1","drained":true}"#)
            }
        } body: { server in
            let registration = ServiceRegistration(
                service: "payment",
                host: "10.0.1.1",
                port: 80,
                ttl: .milliseconds(30)
            )
            var iterator = calls.makeAsyncIterator()
            var seen: [String] = []
            try await Registration(server).withRegistration(registration) { _ in
                while beats.withLock({ $0 }) < 4 { await Task.yield() }
            }
            continuation.finish()
            while let call = await iterator.next() { seen.append(call) }
            #expect(
                seen.prefix(5) == [
                    "POST /register", "PUT /heartbeat/pay-1", "PUT /heartbeat/pay-1",
                    "POST /register", "PUT /heartbeat/pay-1",
                ]
            )
            #expect(seen.last == "DELETE /instances/pay-1?drain=true")
        }
    }

    @Test("a cancelled task says goodbye too")
    func goodbyeAfterCancellation() async throws {
        let methods = Mutex<[String]>([])
        let (started, signal) = AsyncStream<Void>.makeStream()
        try await withFakeRegistry { request in
            methods.withLock { $0.append(request.method) }
            return .json(Self.accepted)
        } body: { server in
            await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask {
                    // A registration that fails must not leave the test waiting for its start.
                    defer { signal.finish() }
                    let registration = ServiceRegistration(
                        service: "payment",
                        host: "10.0.1.1",
                        port: 80,
                        ttl: .seconds(30)
                    )
                    try await Registration(server).withRegistration(registration) { _ in
                        signal.finish()
                        try await Task.sleep(for: .seconds(3600))
                    }
                }
                for await _ in started {}
                group.cancelAll()
                await #expect(throws: CancellationError.self) { try await group.waitForAll() }
            }
        }
        #expect(methods.withLock { $0 } == ["POST", "DELETE"])
    }

    @Test(
        "terms are read as seconds and as text",
        arguments: [
            ("30", Duration.seconds(30)), ("0.5", .milliseconds(500)), ("\"1m30s\"", .seconds(90)),
            ("\"1.5s\"", .milliseconds(1500)),
        ]
    )
    func terms(json: String, expected: Duration) throws {
        let answer = try JSONDecoder().decode(
            RegisteredInstance.self,
            from: Data(#"{"instance_id":"a","ttl":\#(json)}"#.utf8)
        )
        #expect(answer.ttl == expected)
    }

    @Test("an unknown term is an error", arguments: ["\"soon\"", "\"5 s\"", "\"\"", "true"])
    func badTerms(json: String) {
        #expect(throws: (any Error).self) {
            try JSONDecoder().decode(
                RegisteredInstance.self,
                from: Data(#"{"instance_id":"a","ttl":\#(json)}"#.utf8)
            )
        }
    }
}
