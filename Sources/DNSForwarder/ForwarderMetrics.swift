/// What the forwarder has counted since it was made.
package struct ForwarderMetrics: Hashable, Sendable {
    /// Upper bounds of `latency` in seconds; what took longer is in `resolutions` only.
    package static let latencyBoundsSeconds = [
        0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10,
    ]

    /// Questions that came from clients that may ask.
    package internal(set) var queries = 0
    /// Questions of clients that may not.
    package internal(set) var declined = 0
    /// Questions that were answered from memory.
    package internal(set) var cacheHits = 0
    /// Questions that waited for an answer that was on its way for another.
    package internal(set) var joined = 0
    /// Replies with an answer whose time was over.
    package internal(set) var staleReplies = 0
    /// Questions to servers by what became of them: `answered`, or the kind of failure.
    package internal(set) var exchanges: [String: Int] = ["answered": 0]
    /// Questions that no server answered.
    package internal(set) var failures = 0
    /// Questions whose answer is on its way.
    package internal(set) var waiting = 0
    package internal(set) var cacheEntries = 0
    package internal(set) var cacheBytes = 0
    /// How long servers took until one had answered or all had failed: counts within each bound.
    package internal(set) var latency = [Int](repeating: 0, count: latencyBoundsSeconds.count)
    package internal(set) var resolutions = 0
    package internal(set) var latencySecondsSum = 0.0

    mutating func record(seconds: Double) {
        resolutions += 1
        latencySecondsSum += seconds
        if let bound = Self.latencyBoundsSeconds.firstIndex(where: { seconds <= $0 }) {
            latency[bound] += 1
        }
    }
}
