internal import Foundation

/// Puts instances into the registry, keeps them there and takes them out.
public struct Registration: Sendable {
    /// Where the calls go.
    public var server: RegistryServer

    /// No TTL that makes sense for a service is longer.
    private static let drainMax = Duration.seconds(3600)

    /// Calls `server`.
    public init(_ server: RegistryServer) {
        self.server = server
    }

    /// Registers an instance, or replaces what it registered before under the same id.
    ///
    /// When this returns, the instance is stored and the next DNS query sees it. Throws
    /// `ClientError`, whose `field` names what the registry did not accept, or `CancellationError`.
    public func register(_ registration: ServiceRegistration) async throws -> RegisteredInstance {
        let body = try JSONEncoder().encode(registration)
        return try await server.call("POST", ["register"], body: Array(body))
            .decode(RegisteredInstance.self)
    }

    /// Renews the lease of an instance.
    ///
    /// Throws `ClientError`, with the code `notFound` once the lease has run out, or
    /// `CancellationError`.
    public func heartbeat(_ instanceID: String) async throws -> RegisteredInstance {
        try await server.call("PUT", ["heartbeat", instanceID]).decode(RegisteredInstance.self)
    }

    /// Takes an instance out of the registry.
    ///
    /// It leaves DNS at once. With `drain` this returns when it is safe to stop: when every DNS
    /// answer that names the instance has run out. The call is made even when the task is
    /// cancelled, so that a service that is told to stop can say goodbye. Throws `ClientError`,
    /// with the code `notFound` where the registry knows no such instance.
    public func deregister(_ instanceID: String, drain: Bool = false) async throws {
        _ = try await server.callToTheEnd(
            "DELETE",
            ["instances", instanceID],
            query: drain ? [("drain", "true")] : [],
            longerBy: drain ? Self.drainMax : .zero
        )
    }

    /// Keeps an instance registered while `body` runs.
    ///
    /// Registers, sends heartbeats three times a term, registers again when the registry has
    /// forgotten the instance, and deregisters with `drain` when `body` ends in any way: when this
    /// returns, no DNS answer names the instance any more. Heartbeats that
    /// fail for another reason are repeated: a registry that is away for a moment costs nothing.
    /// Throws what the first registration or `body` throws.
    public func withRegistration<Result: Sendable>(
        _ registration: ServiceRegistration,
        body: @Sendable (RegisteredInstance) async throws -> Result
    ) async throws -> Result {
        let registered = try await register(registration)
        let result: Swift.Result<Result, any Error>
        do {
            result = .success(
                try await withThrowingTaskGroup(of: Void.self) { group in
                    group.addTask { try await keepRegistered(registration, as: registered) }
                    defer { group.cancelAll() }
                    return try await body(registered)
                }
            )
        } catch {
            result = .failure(error)
        }
        // The instance ends here in any case; a registry that cannot be told lets the lease run
        // out.
        _ = try? await deregister(registered.instanceID, drain: true)
        return try result.get()
    }

    /// Sends heartbeats until the task is cancelled.
    private func keepRegistered(
        _ registration: ServiceRegistration,
        as registered: RegisteredInstance
    ) async throws {
        guard let term = registered.ttl else { return }
        while true {
            try await Task.sleep(for: term / 3)
            do {
                _ = try await heartbeat(registered.instanceID)
            } catch let error as ClientError where error.code == .notFound {
                // What fails now is tried again with the next heartbeat.
                _ = try? await register(registration)
            } catch is ClientError {
                continue
            }
        }
    }
}
