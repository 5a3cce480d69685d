import DNSWire
import Foundation
import TestSupport
import Testing

extension Faults {
    @Suite("A full disk")
    struct FullDiskTests {
        /// Registers large instances until one is refused; returns the ids that were acknowledged.
        private func fill(_ server: RollcallProcess) throws -> (ids: [String], refusal: HTTPReply?)
        {
            let connection = try HTTPClientConnection(port: server.httpPort)
            var ids: [String] = []
            let text = String(repeating: "x", count: 500)
            let pairs = (1...50).map { #""key-\#($0)": "\#(text)""# }.joined(separator: ", ")
            for number in 1...2_000 {
                let reply = try connection.request(
                    "POST",
                    "/register",
                    """
                    {"service": "web", "id": "web-\(number)", "host": "10.0.\(number / 250).\(number % 250 + 1)",
                     "port": 80, "metadata": {\(pairs)}}
                    """
                )
                guard reply.status == 200 else { return (ids, reply) }
                ids.append("web-\(number)")
            }
            return (ids, nil)
        }

        @Test("a write is refused, DNS goes on, and nothing acknowledged is lost")
        func fullDisk() async throws {
            guard geteuid() == 0 else {
                throw UnexpectedAnswer(description: "this test needs root: it mounts a small disk")
            }
            let scratch = try ScratchFolder()
            let data = try scratch.folder("data")
            // A process that only holds the mount, which must outlive the first server.
            let holder = try ChildProcess([
                "unshare", "--mount", "sh", "-c",
                #"mount -t tmpfs -o size=2m tmpfs "$0" && echo mounted && exec sleep 600"#, data,
            ])
            try await eventually("the small disk is mounted: \(holder.errors)") {
                holder.output.contains("mounted")
            }
            let prefix = ["nsenter", "-t", "\(holder.pid)", "--mount"]
            let first = try await RollcallProcess.start(scratch: scratch, prefix: prefix)
            let (ids, refusal) = try fill(first)
            #expect(ids.count > 10)
            let reply = try #require(refusal)
            #expect((500...599).contains(reply.status), "\(reply)")
            #expect(reply.json["error"].text?.isEmpty == false, "\(reply)")
            let answer = try first.dns.ask("web.service.consul", .a, over: .tcp)
            #expect(answer.answer.count == ids.count)
            #expect(try first.http("GET", "/services/web").json.list.count == ids.count)
            first.process.kill()
            try await first.process.untilEnd()

            // Some room again, as an operator would make it.
            let grown = try await CommandLineClient.run(
                prefix + ["mount", "-o", "remount,size=64m", data]
            )
            #expect(grown.succeeded, "\(grown)")
            let second = try await RollcallProcess.start(scratch: scratch, prefix: prefix)
            let known = try second.http("GET", "/services/web").json.list.compactMap {
                $0["id"].text
            }
            #expect(Set(ids).subtracting(known).isEmpty)
            try second.register(#"{"service": "after", "host": "10.0.1.1", "port": 80}"#)
        }

        @Test("writes work again when there is room again, without a restart")
        func roomAgain() async throws {
            guard geteuid() == 0 else {
                throw UnexpectedAnswer(description: "this test needs root: it mounts a small disk")
            }
            let scratch = try ScratchFolder()
            let data = try scratch.folder("data")
            let script = #"mount -t tmpfs -o size=2m tmpfs "$0" && exec "$@""#
            let server = try await RollcallProcess.start(
                scratch: scratch,
                prefix: ["unshare", "--mount", "sh", "-c", script, data]
            )
            let (_, refusal) = try fill(server)
            #expect(refusal != nil)
            #expect(try server.http("GET", "/health").status == 503)
            let grown = try await CommandLineClient.run([
                "nsenter", "-t", "\(server.process.pid)", "--mount", "mount", "-o",
                "remount,size=64m", data,
            ])
            #expect(grown.succeeded, "\(grown)")
            try await eventually("a registration is taken") {
                try server.http(
                    "POST",
                    "/register",
                    #"{"service": "after", "host": "10.0.1.1", "port": 80}"#
                ).status == 200
            }
            #expect(try server.dns.addresses("after.service.consul") == ["10.0.1.1"])
            try await eventually("it is healthy again") {
                try server.http("GET", "/health").status == 200
            }
        }
    }
}
