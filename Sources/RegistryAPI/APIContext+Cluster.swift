internal import ServiceCatalog

extension APIContext {
    /// True in a cluster, where another server may know what this one does not yet.
    var mayBeBehind: Bool { servers != nil }

    /// Does `body`, and where that finds nothing does it again once this server has all that any other
    /// had before.
    ///
    /// Why: who is told that his instance is unknown registers anew, or believes it gone.
    func lookingTwice<Found>(_ body: () throws -> Found) async throws -> Found {
        do {
            return try body()
        } catch {
            guard mayBeBehind, ErrorMapping.isUnknown(error) else { throw error }
            try await freshness.waitUntilCurrent()
            return try body()
        }
    }

    /// - Throws: `APIError` while no heartbeat counts.
    func requireHeartbeats() throws(APIError) {
        guard let refusal = heartbeats.refusal else { return }
        throw APIError(.unavailable, refusal.description)
    }
}
