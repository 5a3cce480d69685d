/// Runs what nobody waits for in a task each, as long as the server runs.
final class BackgroundWork: Sendable {
    private let jobs: AsyncStream<@Sendable () async -> Void>
    private let feed: AsyncStream<@Sendable () async -> Void>.Continuation

    init() { (jobs, feed) = AsyncStream.makeStream() }

    func start(_ job: @escaping @Sendable () async -> Void) { feed.yield(job) }

    /// Runs jobs until `stop`, and to the end of those that were started.
    func run() async {
        await withDiscardingTaskGroup { group in
            for await job in jobs { group.addTask { await job() } }
        }
    }

    func stop() { feed.finish() }
}
