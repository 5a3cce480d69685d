internal import Logging
internal import ServiceCatalog

/// One import under way: many registrations on their way to the log at once, so that they share its
/// commits.
struct ImportRun {
    /// What became of one line.
    struct Outcome: Sendable {
        var line: Int
        var failure: APIError?
    }

    /// The answer.
    struct Result: Encodable, Sendable {
        struct Failure: Encodable, Sendable {
            var line: Int
            var field: String?
            var error: String
        }

        var imported = 0
        var failed = 0
        /// The first ones, in order of line.
        var errors: [Failure] = []
    }

    typealias Group = ThrowingTaskGroup<Outcome, any Error>

    private static let atOnceMax = 256
    private static let errorsShownMax = 1_000

    let native: NativeAPI
    let authorizer: Authorizer
    let logger: Logger
    private(set) var result = Result()
    private var pendingKeys: Set<InstanceKey> = []
    private var pendingCount = 0

    init(native: NativeAPI, authorizer: Authorizer, logger: Logger) {
        self.native = native
        self.authorizer = authorizer
        self.logger = logger
    }

    /// Judges a line and starts its registration; waits when too many are under way.
    mutating func take(_ line: LineSplitter.Line, _ group: inout Group) async throws {
        let registration: RegistrationRequest
        do {
            registration = try RegistrationRequest(try line.json(), native.api)
        } catch {
            return note(Outcome(line: line.number, failure: Self.failure(error, logger)))
        }
        // Two lines about one instance must take effect in their order.
        if pendingKeys.contains(registration.instance.key) { try await settle(downTo: 0, &group) }
        try await settle(downTo: Self.atOnceMax - 1, &group)
        pendingKeys.insert(registration.instance.key)
        pendingCount += 1
        group.addTask { [native, authorizer, logger] in
            do {
                _ = try await native.write(registration, as: authorizer)
                return Outcome(line: line.number, failure: nil)
            } catch {
                return Outcome(line: line.number, failure: Self.failure(error, logger))
            }
        }
    }

    /// Waits until no more than `count` registrations are under way.
    mutating func settle(downTo count: Int, _ group: inout Group) async throws {
        while pendingCount > count, let outcome = try await group.next() {
            pendingCount -= 1
            note(outcome)
        }
        if pendingCount == 0 { pendingKeys = [] }
        if count == 0 { result.errors.sort { $0.line < $1.line } }
    }

    private static func failure(_ error: any Error, _ logger: Logger) -> APIError {
        ErrorMapping.apiError(error, .native, logger: logger)
    }

    private mutating func note(_ outcome: Outcome) {
        guard let failure = outcome.failure else {
            result.imported += 1
            return
        }
        result.failed += 1
        guard result.errors.count < Self.errorsShownMax else { return }
        result.errors.append(
            Result.Failure(line: outcome.line, field: failure.field, error: failure.message)
        )
    }
}
