internal import Hummingbird
internal import ServiceCatalog
internal import ServiceLifecycle

/// A read that waits until what it shows has changed: `?index=<last seen>&wait=<time>`.
struct BlockingQuery: Sendable {
    static let waitDefaultSeconds = 300
    static let waitSecondsMax = 600

    /// Return once the index is above this; 0: at once.
    var index: CatalogIndex
    /// At most so long.
    var wait: Duration

    /// Reads `index` and `wait`.
    ///
    /// - Throws: `APIError` in words that begin as Consul's do.
    init(_ query: QueryParameters) throws(APIError) {
        self.index = 0
        self.wait = .seconds(Self.waitDefaultSeconds)
        if let text = query.first("index"), !text.isEmpty {
            guard let index = CatalogIndex(text) else {
                throw APIError(
                    .badRequest,
                    "Invalid index: \"\(text)\" is not a whole number",
                    field: "index"
                )
            }
            self.index = index
        }
        if let text = query.first("wait"), !text.isEmpty {
            guard let milliseconds = GoDuration.milliseconds(text), milliseconds >= 0 else {
                throw APIError(
                    .badRequest,
                    "Invalid wait time: \"\(text)\" is not a time such as 30s or 5m",
                    field: "wait"
                )
            }
            if milliseconds > 0 {
                wait = .milliseconds(min(milliseconds, Self.waitSecondsMax * 1_000))
            }
        }
    }

    /// Returns when it is time to read and to answer.
    ///
    /// That is at once without an index, when `topic` has one above it, when the time is over, when
    /// the client has gone or when the server stops.
    ///
    /// A random part is added to the time, up to a sixteenth, so that many who began together do
    /// not come back together. Nothing is held while it waits.
    func run(on topic: WatchTopic, _ keeper: CatalogKeeper, _ client: ClientPresence) async {
        guard index > 0 else { return }
        let deadline = ContinuousClock.now + jitteredWait
        await Self.wait(for: topic, above: index, until: deadline, keeper, client)
    }

    /// The same for what is not in the catalog: `before` keeps the wake-up, or ends it at once, and
    /// `after` lets go of it.
    func run(
        _ client: ClientPresence,
        before: (WakeUp) -> Void,
        after: (WakeUp) -> Void
    ) async {
        guard index > 0 else { return }
        let deadline = ContinuousClock.now + wait + wait * Double.random(in: 0...0.0625)
        let wakeUp = WakeUp()
        client.wakesWhenGone(wakeUp)
        before(wakeUp)
        await withGracefulShutdownHandler {
            await withTaskGroup { group in
                group.addTask { await wakeUp.wait() }
                group.addTask { try? await Task.sleep(until: deadline, clock: .continuous) }
                await group.next()
                group.cancelAll()
            }
        } onGracefulShutdown: {
            wakeUp.end()
        }
        after(wakeUp)
        client.forgetWakeUp()
    }

    /// The time with its random part.
    var jitteredWait: Duration { wait + wait * Double.random(in: 0...0.0625) }

    /// Returns at the first of: a change, the deadline, the client's departure, the server's stop.
    static func wait(
        for topic: WatchTopic,
        above index: CatalogIndex,
        until deadline: ContinuousClock.Instant,
        _ keeper: CatalogKeeper,
        _ client: ClientPresence
    ) async {
        let wakeUp = WakeUp()
        client.wakesWhenGone(wakeUp)
        await withGracefulShutdownHandler {
            await keeper.wait(for: topic, above: index, until: deadline, wakeUp: wakeUp)
        } onGracefulShutdown: {
            wakeUp.end()
        }
        client.forgetWakeUp()
    }
}
