import Foundation
import TestSupport
import Testing

extension Faults {
    @Suite("Churn")
    struct ChurnTests {
        @Test("names that come and go leave nothing behind in memory")
        func memory() async throws {
            let count = FaultLength.number("CHURN_CHANGES", short: 2_000)
            let server = try await RollcallProcess.start()
            let instances = try server.metric("rollcall_catalog_instances")
            let samples = ResourceSamples()
            let connection = try HTTPClientConnection(port: server.httpPort)
            // Names that nobody had before, so that whatever is kept of one shows.
            for number in 0..<count / 4 {
                let host = "10.\(number >> 16 & 0xFF).\(number >> 8 & 0xFF).\(number & 0xFF)"
                let body = """
                    {"service": "s\(number)", "id": "i\(number)", "host": "\(host)", "port": 80,
                     "tags": ["t\(number)"]}
                    """
                for (method, path, body) in [
                    ("POST", "/register", body), ("PUT", "/v1/kv/k\(number)", "\(number)"),
                    ("DELETE", "/instances/i\(number)", nil), ("DELETE", "/v1/kv/k\(number)", nil),
                ] {
                    let reply = try connection.request(method, path, body)
                    try #require(reply.status == 200, "\(reply)")
                }
                if number.isMultiple(of: 50) { samples.take(of: server.process.pid) }
            }
            let sizes = samples.all.map(\.residentKilobytes)
            let half = sizes[sizes.count / 2]
            let last = try #require(sizes.last)
            // By then whatever has a limit has reached it, in the long form.
            #expect(last - half < 3_072, "\(sizes)")
            #expect(try server.metric("rollcall_catalog_instances") == instances)
            FaultReport.figure(
                "churn",
                "\(count) changes with new names, memory \(sizes[0] >> 10) MB at first, "
                    + "\(half) kB at 50 % and \(last) kB at the end"
            )
        }
    }
}
