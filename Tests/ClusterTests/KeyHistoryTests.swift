import Foundation
import TestSupport
import Testing

extension Clusters {
    @Suite("Keys and locks while something breaks")
    struct KeyHistoryTests {
        @Test("each key's history is linearizable, and all servers hold the same in the end")
        func faults() async throws {
            try await ClusterFixture.run { cluster in
                let history = KeyHistory()
                let clients = KeyClient.start(6, cluster.servers, history, KeyTotal())
                do {
                    try await ClusterFault.all { fault in
                        let before = history.all.count
                        try await fault.happen(to: cluster)
                        ClusterReport.figure(
                            "keys",
                            "\(fault): \(history.all.count - before) operations"
                        )
                    }
                } catch {
                    for client in clients { try? await client.stop() }
                    throw error
                }
                for client in clients { try await client.stop() }
                try await cluster.untilEqual()
                try await readAll(cluster, history)

                let all = history.all
                let violations = history.violations()
                #expect(violations.isEmpty, "\(violations.joined(separator: "\n\n"))")
                let unexpected = history.unexpectedAnswers
                #expect(unexpected.isEmpty, "\(unexpected.joined(separator: "\n"))")
                #expect(all.count > 300)
                ClusterReport.figure(
                    "keys",
                    "\(all.count) operations, of \(all.count { $0.isOpen }) nobody knows the end, "
                        + "\(history.notMadeCount) more were refused; \(violations.count) keys "
                        + "are not linearizable"
                )
            }
        }

        /// Every key at every server, also by the local reads of servers that have all.
        private func readAll(_ cluster: ClusterFixture, _ history: KeyHistory) async throws {
            for key in Set(history.all.map(\.key)) {
                for server in cluster.servers {
                    for flag in ["?consistent", "?stale"] {
                        try await eventually("\(server.name) answers for \(key)") {
                            try read(key, flag, server, history)
                        }
                    }
                }
            }
        }

        /// False when the server cannot say.
        private func read(
            _ key: String,
            _ flag: String,
            _ server: ClusterServer,
            _ history: KeyHistory
        ) throws -> Bool {
            let asked = history.now
            let reply = try server.http("GET", "/v1/kv/\(key)\(flag)")
            guard reply.status == 200 || reply.status == 404 else { return false }
            let entry = reply.json[0]
            let bytes = entry["Value"].text.flatMap { Data(base64Encoded: $0) }
            let outcome = KeyOperation.Outcome.found(
                value: bytes.map { String(decoding: $0, as: UTF8.self) },
                holder: entry["Session"].text.map { String($0.prefix(8)) }
            )
            history.add(
                KeyOperation(
                    client: -server.number,
                    key: key,
                    request: .read,
                    outcome: outcome,
                    asked: asked,
                    answered: history.now
                )
            )
            return true
        }
    }
}
