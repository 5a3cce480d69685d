internal import Logging
internal import ServiceCatalog

/// One import under way: lines are read into groups, and one group is on its way to the log while
/// the next one is read, so that both ends work and little memory is taken.
struct ImportRun {
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

    /// What became of the lines of a group.
    struct Outcome: Sendable {
        var imported = 0
        var failures: [(line: Int, error: APIError)] = []
    }

    typealias Tasks = ThrowingTaskGroup<Outcome, any Error>

    /// Registrations that go to the log together.
    private static let groupMax = 512
    /// The same, in bytes of their lines.
    private static let groupBytesMax = 1 << 20
    private static let errorsShownMax = 1_000

    private let native: NativeAPI
    private let authorizer: Authorizer
    private let logger: Logger
    private(set) var result = Result()
    private var group: [ImportedLine] = []
    /// The instances of the group whose lines look at what the catalog has of them.
    private var keys: Set<InstanceKey> = []
    private var groupBytes = 0
    private var isWriting = false
    private var writingBytes = 0

    init(native: NativeAPI, authorizer: Authorizer, logger: Logger) {
        self.native = native
        self.authorizer = authorizer
        self.logger = logger
    }

    /// How many bytes the lines had that are neither written nor refused.
    var heldBytes: Int { groupBytes + writingBytes }

    /// Judges a line; waits when the group is full and the one before is still being written.
    mutating func take(_ line: LineSplitter.Line, _ tasks: inout Tasks) async throws {
        let request: RegistrationRequest
        do {
            request = try RegistrationRequest(try line.json(), native.api)
        } catch {
            return note(line.number, Self.failure(error, logger))
        }
        // What a line finds in the catalog must not be changed by another line of its group.
        let looks = request.leaseMilliseconds != nil || !authorizer.allowsEverything
        if looks, !keys.insert(request.instance.key).inserted {
            try await settle(&tasks)
            keys = [request.instance.key]
        }
        group.append(ImportedLine(number: line.number, request: request))
        groupBytes += line.bytes?.count ?? 0
        if group.count == Self.groupMax || groupBytes >= Self.groupBytesMax {
            try await write(&tasks)
        }
    }

    /// Writes what is left and waits until all is written.
    mutating func finish(_ tasks: inout Tasks) async throws {
        try await settle(&tasks)
        result.errors.sort { $0.line < $1.line }
    }

    private mutating func settle(_ tasks: inout Tasks) async throws {
        if !group.isEmpty { try await write(&tasks) }
        try await waitForWriter(&tasks)
    }

    /// Starts to write the group, once the one before is written: lines take effect in their order.
    private mutating func write(_ tasks: inout Tasks) async throws {
        try await waitForWriter(&tasks)
        let lines = group
        group.removeAll(keepingCapacity: true)
        keys.removeAll(keepingCapacity: true)
        (writingBytes, groupBytes) = (groupBytes, 0)
        isWriting = true
        tasks.addTask { [native, authorizer, logger] in
            await native.write(lines, as: authorizer, logger: logger)
        }
    }

    private mutating func waitForWriter(_ tasks: inout Tasks) async throws {
        guard isWriting, let outcome = try await tasks.next() else { return }
        isWriting = false
        writingBytes = 0
        result.imported += outcome.imported
        for (line, error) in outcome.failures { note(line, error) }
    }

    static func failure(_ error: any Error, _ logger: Logger) -> APIError {
        ErrorMapping.apiError(error, .native, logger: logger)
    }

    private mutating func note(_ line: Int, _ failure: APIError) {
        result.failed += 1
        guard result.errors.count < Self.errorsShownMax else { return }
        result.errors.append(
            Result.Failure(line: line, field: failure.field, error: failure.message)
        )
    }
}
