package import DNSWire

/// What the responder has counted since it was made, all workers together.
package struct ResponderCounters: Hashable, Sendable {
    /// Queries that got as far as a question, by query type; the rest is in `otherQueries`.
    package internal(set) var queriesByType: [RecordType: Int] = [:]
    package internal(set) var otherQueries = 0
    /// Replies by response code.
    package internal(set) var repliesByResponseCode: [ResponseCode: Int] = [:]
    package internal(set) var overUDP = 0
    package internal(set) var overTCP = 0
    /// Messages that got no reply: too short, or replies themselves.
    package internal(set) var dropped = 0
    /// Replies with TC set.
    package internal(set) var truncated = 0
    /// Queries that the table left to the fallback.
    package internal(set) var fallback = 0
    /// Queries whose reply had to wait for other servers.
    package internal(set) var deferred = 0
    package internal(set) var receivedBytes = 0
    package internal(set) var sentBytes = 0
    /// UDP replies that the kernel did not take.
    package internal(set) var unsent = 0
    /// UDP queries dropped unanswered because newer ones kept the workers busy.
    package internal(set) var shed = 0
    /// UDP queries that the kernel dropped because the queue of a socket was full.
    package internal(set) var overflowed = 0
    package internal(set) var connectionsAccepted = 0
    package internal(set) var connectionsRefused = 0
    package internal(set) var connectionsTimedOut = 0
    package internal(set) var connectionsOpen = 0
    /// Connections refused because their client has as many as it may.
    package internal(set) var connectionsOverClientLimit = 0
    /// UDP replies over the rate of their kind.
    package internal(set) var rateLimitedDropped = 0
    package internal(set) var rateLimitedTruncated = 0
    /// Queries of clients that are not answered.
    package internal(set) var prohibited = 0
    /// Queries with a cookie: without ours, with a good one, with another, and no cookie at all.
    package internal(set) var cookiesNew = 0
    package internal(set) var cookiesValid = 0
    package internal(set) var cookiesInvalid = 0
    package internal(set) var cookiesMalformed = 0

    package init() {}

    mutating func add(_ worker: WorkerCounters) {
        for (index, type) in WorkerCounters.countedTypes.enumerated() {
            queriesByType[type, default: 0] += worker.value(WorkerCounters.Field.types + index)
        }
        let other = WorkerCounters.Field.types + WorkerCounters.countedTypes.count
        otherQueries += worker.value(other)
        for rawValue in 0..<24 {
            let count = worker.value(WorkerCounters.Field.responseCodes + rawValue)
            guard count > 0, let code = ResponseCode(rawValue: UInt16(rawValue)) else { continue }
            repliesByResponseCode[code, default: 0] += count
        }
        overUDP += worker.value(WorkerCounters.Field.overUDP)
        overTCP += worker.value(WorkerCounters.Field.overTCP)
        dropped += worker.value(WorkerCounters.Field.dropped)
        truncated += worker.value(WorkerCounters.Field.truncated)
        fallback += worker.value(WorkerCounters.Field.fallback)
        deferred += worker.value(WorkerCounters.Field.deferred)
        receivedBytes += worker.value(WorkerCounters.Field.receivedBytes)
        sentBytes += worker.value(WorkerCounters.Field.sentBytes)
        unsent += worker.value(WorkerCounters.Field.unsent)
        shed += worker.value(WorkerCounters.Field.shed)
        connectionsAccepted += worker.value(WorkerCounters.Field.connectionsAccepted)
        connectionsRefused += worker.value(WorkerCounters.Field.connectionsRefused)
        connectionsTimedOut += worker.value(WorkerCounters.Field.connectionsTimedOut)
        connectionsOpen += worker.value(WorkerCounters.Field.connectionsOpen)
        addProtection(worker)
    }

    private mutating func addProtection(_ worker: WorkerCounters) {
        connectionsOverClientLimit += worker.value(WorkerCounters.Field.connectionsOverClientLimit)
        rateLimitedDropped += worker.value(WorkerCounters.Field.rateLimitedDropped)
        rateLimitedTruncated += worker.value(WorkerCounters.Field.rateLimitedTruncated)
        prohibited += worker.value(WorkerCounters.Field.prohibited)
        cookiesNew += worker.value(WorkerCounters.Field.cookies)
        cookiesValid += worker.value(WorkerCounters.Field.cookies + 1)
        cookiesInvalid += worker.value(WorkerCounters.Field.cookies + 2)
        cookiesMalformed += worker.value(WorkerCounters.Field.cookies + 3)
    }
}

extension ResponderCounters {
    /// Adds the queries and replies of another transport, without its connections.
    package mutating func addQueries(of other: ResponderCounters) {
        queriesByType.merge(other.queriesByType, uniquingKeysWith: +)
        otherQueries += other.otherQueries
        repliesByResponseCode.merge(other.repliesByResponseCode, uniquingKeysWith: +)
        dropped += other.dropped
        fallback += other.fallback
        deferred += other.deferred
        prohibited += other.prohibited
        cookiesNew += other.cookiesNew
        cookiesValid += other.cookiesValid
        cookiesInvalid += other.cookiesInvalid
        cookiesMalformed += other.cookiesMalformed
    }
}
