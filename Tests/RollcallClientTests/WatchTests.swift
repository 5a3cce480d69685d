import RollcallClient
import Synchronization
import Testing

@Suite("Watch")
struct WatchTests {
    private static func instance(_ id: String, _ health: String = "UP") -> String {
        #"{"id":"\#(id)","node":"n1","host":"10.0.0.1","port":80,"health":"\#(health)"}"#
    }

    private static func event(_ name: String, _ index: Int, _ instances: [String]) -> String {
        "event: \(name)\nid: \(index)\ndata: [\(instances.joined(separator: ","))]\n\n"
    }

    private static func change(_ index: Int, upserted: [String], removed: [String]) -> String {
        let gone = removed.map { #"{"id":"\#($0)","node":"n1"}"# }.joined(separator: ",")
        let upserted = upserted.joined(separator: ",")
        return "event: change\nid: \(index)\ndata: "
            + #"{"index":\#(index),"upserted":[\#(upserted)],"removed":[\#(gone)]}"# + "\n\n"
    }

    private static func stream(_ parts: [String], staysOpen: Bool = false) -> FakeReply {
        FakeReply(
            status: 200,
            headers: ["content-type": "text/event-stream"],
            parts: parts,
            staysOpen: staysOpen
        )
    }

    @Test("the state comes first, then each change; a broken stream goes on where it was")
    func resumes() async throws {
        let resumedFrom = Mutex<[String?]>([])
        let states = try await withFakeRegistry { request in
            let count = resumedFrom.withLock {
                $0.append(request.headers["last-event-id"])
                return $0.count
            }
            guard request.uri == "/services/web/watch" else { return .json("{}", status: 404) }
            return count == 1
                ? Self.stream([
                    Self.event("state", 5, [Self.instance("a"), Self.instance("c")]),
                    ": heartbeat\n\n",
                    Self.change(
                        6,
                        upserted: [Self.instance("b"), Self.instance("a", "DOWN")],
                        removed: ["c"]
                    ),
                ])
                : Self.stream([Self.event("state", 9, [])], staysOpen: true)
        } body: { server in
            var states: [Watch.State] = []
            for try await state in Watch(of: "web", on: server) {
                states.append(state)
                if states.count == 3 { break }
            }
            return states
        }
        #expect(states.map(\.index) == [5, 6, 9])
        #expect(states.map { $0.instances.map(\.id) } == [["a", "c"], ["a", "b"], []])
        #expect(states[1].instances[0].health == .down)
        #expect(resumedFrom.withLock { $0 } == [nil, "6"])
    }

    @Test("a refusal ends the watch")
    func refused() async throws {
        let error = try await withFakeRegistry { _ in
            .json(#"{"error":"bad name","field":"service"}"#, status: 400)
        } body: { server in
            await #expect(throws: ClientError.self) {
                for try await _ in Watch(of: "a b", on: server) {}
            }
        }
        #expect(error?.field == "service")
    }

    @Test("an event of an unknown form ends the watch")
    func badEvent() async throws {
        let error = try await withFakeRegistry { _ in
            Self.stream(["event: state\nid: 1\ndata: {\n\n"])
        } body: { server in
            await #expect(throws: ClientError.self) {
                for try await _ in Watch(of: "web", on: server) {}
            }
        }
        #expect(error?.code == .badResponse)
    }

    @Test("a cancelled watch ends while it waits")
    func cancelled() async throws {
        try await withFakeRegistry { _ in
            Self.stream([Self.event("state", 1, [])], staysOpen: true)
        } body: { server in
            let (started, signal) = AsyncStream<Void>.makeStream()
            await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask {
                    // A watch that fails must not leave the test waiting for its start.
                    defer { signal.finish() }
                    for try await _ in Watch(of: "web", on: server) { signal.finish() }
                }
                for await _ in started {}
                group.cancelAll()
                await #expect(throws: CancellationError.self) { try await group.waitForAll() }
            }
        }
    }
}
