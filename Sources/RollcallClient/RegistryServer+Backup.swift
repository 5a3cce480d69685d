internal import Foundation

/// The whole catalog at once, for backup tools.
extension RegistryServer {
    /// A call that carries a whole catalog takes longer than others.
    private var patient: RegistryServer {
        var server = self
        server.timeout = .seconds(1_800)
        return server
    }

    /// Everything that the server holds, as a snapshot file.
    package func saveSnapshot() async throws -> [UInt8] {
        try await patient.call("GET", ["v1", "snapshot"]).body
    }

    /// Puts a snapshot file in the place of everything that the server holds.
    package func restoreSnapshot(_ file: [UInt8]) async throws {
        _ = try await patient.call("PUT", ["v1", "snapshot"], body: file)
    }

    /// What `GET /cluster` says.
    package func clusterReport<Report: Decodable>(_ type: Report.Type) async throws -> Report {
        try await call("GET", ["cluster"]).decode(type)
    }

    /// Another server, with the same scheme, token and certificates; `address` is `ADDRESS:PORT`.
    package func sibling(at address: String) throws(ClientError) -> RegistryServer {
        let scheme = self.address.prefix { $0 != ":" }
        var sibling = try RegistryServer("\(scheme)://\(address)")
        sibling.token = token
        sibling.tls = tls
        sibling.timeout = timeout
        return sibling
    }

    /// Registers what `lines` say, one registration in JSON each; returns the server's report.
    package func importRegistrations(_ lines: [UInt8]) async throws -> [UInt8] {
        struct Report: Decodable {
            var imported: Int
        }
        // When no line could be used, the report comes with 400.
        return try await patient.call("POST", ["import"], body: lines) { status, body in
            status == 400 && (try? JSONDecoder().decode(Report.self, from: Data(body))) != nil
        }.body
    }
}
