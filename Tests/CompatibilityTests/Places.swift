/// Lets a few in at a time, in the order in which they came.
///
/// Why: a server of its own for every scenario at once starves all of them on a small machine.
actor Places {
    private var free: Int
    private var waiting: [CheckedContinuation<Void, Never>] = []

    init(_ count: Int) {
        free = count
    }

    /// Runs `body` once there is a place.
    func use<Result: Sendable>(
        _ body: @Sendable () async throws -> Result
    ) async throws -> Result {
        if free > 0 {
            free -= 1
        } else {
            await withCheckedContinuation { waiting.append($0) }
        }
        defer { leave() }
        return try await body()
    }

    private func leave() {
        if waiting.isEmpty { free += 1 } else { waiting.removeFirst().resume() }
    }
}
