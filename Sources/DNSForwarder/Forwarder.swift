package import DNSResponder
internal import DNSWire
internal import NIOCore
internal import NIOPosix
internal import Synchronization

/// Asks recursive servers what lies outside our zones, for clients of known networks.
///
/// Equal questions that wait at the same time are asked once, which also ends a loop of forwarders:
/// a question that comes back joins itself and times out.
package final class Forwarder: QueryForwarder {
    /// A client that waits for the answer to a key.
    private struct Waiter {
        var query: ForwardedQuery
        var reply: PendingReply
    }

    private struct State {
        var settings: ForwarderSettings
        var cache: AnswerCache
        var waiting: [AnswerCache.Key: [Waiter]] = [:]
        var metrics = ForwarderMetrics()
    }

    private let state: Mutex<State>
    private let loops: any EventLoopGroup
    private let now: @Sendable () -> NIODeadline

    package convenience init(settings: ForwarderSettings) {
        self.init(settings: settings) { .now() }
    }

    init(settings: ForwarderSettings, now: @escaping @Sendable () -> NIODeadline) {
        state = Mutex(State(settings: settings, cache: AnswerCache(settings)))
        loops = MultiThreadedEventLoopGroup.singleton
        self.now = now
    }

    /// Asks by `settings` from the next question on; what is remembered stays, unless other sizes
    /// are given.
    package func replace(_ settings: ForwarderSettings) {
        state.withLock { state in
            let old = state.settings
            state.settings = settings
            let isSameCache =
                old.cacheEntriesMax == settings.cacheEntriesMax
                && old.cacheBytesMax == settings.cacheBytesMax
                && old.staleSeconds == settings.staleSeconds
            // Other servers may know other names.
            if !isSameCache || Set(old.servers) != Set(settings.servers) {
                state.cache = AnswerCache(settings)
            }
        }
    }

    package var metrics: ForwarderMetrics {
        state.withLock { state in
            var metrics = state.metrics
            metrics.waiting = state.waiting.values.reduce(0) { $0 + $1.count }
            metrics.cacheEntries = state.cache.count
            metrics.cacheBytes = state.cache.byteCount
            return metrics
        }
    }

    package func decide(_ query: ForwardedQuery) -> ForwardingDecision {
        let key = AnswerCache.Key(query)
        let now = now()
        let finding = state.withLock { state -> AnswerCache.Finding? in
            guard !state.settings.servers.isEmpty, let client = query.asked.client,
                state.settings.serves(client)
            else {
                state.metrics.declined += 1
                return nil
            }
            state.metrics.queries += 1
            let finding = state.cache.find(key, now: now)
            switch finding {
            case .nothing: break
            case .fresh: state.metrics.cacheHits += 1
            case .stale: state.metrics.staleReplies += 1
            }
            return finding
        }
        return switch finding {
        case nil: .declined
        case .nothing: .later
        case .fresh(let answer, let age): .answered(answer.reply(to: query, ageSeconds: age))
        case .stale(let answer): .answered(answer.staleReply(to: query))
        }
    }

    package func resolve(_ query: ForwardedQuery, into reply: PendingReply) {
        let key = AnswerCache.Key(query)
        let settings = state.withLock { state -> ForwarderSettings? in
            state.waiting[key, default: []].append(Waiter(query: query, reply: reply))
            guard state.waiting[key]?.count == 1 else {
                state.metrics.joined += 1
                return nil
            }
            return state.settings
        }
        guard let settings else { return }
        let started = now()
        let resolution = Resolution(
            key: key,
            servers: settings.order,
            timeout: TimeAmount(settings.timeout),
            loop: loops.next()
        ) { failure in
            self.state.withLock {
                $0.metrics.exchanges[failure?.label ?? "answered", default: 0] += 1
            }
        }
        resolution.run().whenComplete { result in self.finish(key, result, since: started) }
    }

    /// Remembers what came and tells all who wait for it.
    private func finish(
        _ key: AnswerCache.Key,
        _ result: Result<UpstreamAnswer, any Error>,
        since started: NIODeadline
    ) {
        let now = now()
        let failure = result.failure.map { $0 as? ResolutionError ?? ResolutionError(failures: []) }
        let (waiters, answer, isStale) = state.withLock { state in
            let waiters = state.waiting.removeValue(forKey: key) ?? []
            state.metrics.record(seconds: Double((now - started).nanoseconds) / 1e9)
            if let answer = try? result.get() {
                state.cache.store(answer, for: key, now: now)
                return (waiters, answer, false)
            }
            state.metrics.failures += 1
            let failed = UpstreamAnswer(failure ?? ResolutionError(failures: []))
            guard let old = state.cache.storeFailure(failed, for: key, now: now) else {
                return (waiters, failed, false)
            }
            state.metrics.staleReplies += waiters.count
            return (waiters, old, true)
        }
        for waiter in waiters {
            let query = waiter.query
            waiter.reply.send(isStale ? answer.staleReply(to: query) : answer.reply(to: query))
        }
    }
}

extension Result {
    fileprivate var failure: Failure? {
        guard case .failure(let error) = self else { return nil }
        return error
    }
}

extension AnswerCache {
    fileprivate init(_ settings: ForwarderSettings) {
        self.init(
            entriesMax: settings.cacheEntriesMax,
            bytesMax: settings.cacheBytesMax,
            staleSeconds: settings.staleSeconds
        )
    }
}

extension AnswerCache.Key {
    fileprivate init(_ query: ForwardedQuery) {
        self.init(
            name: query.target,
            type: query.asked.type,
            dnssecOK: query.dnssecOK,
            checkingDisabled: query.checkingDisabled
        )
    }
}
