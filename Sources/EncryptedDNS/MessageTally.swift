internal import Synchronization

/// Messages over the encrypted transports, counted from all event loops.
final class MessageTally: Sendable {
    enum Transport: Sendable {
        case tls
        case https
    }

    private let overTLS = Atomic<Int>(0)
    private let overHTTPS = Atomic<Int>(0)
    private let receivedBytes = Atomic<Int>(0)
    private let sentBytes = Atomic<Int>(0)

    func didReceive(_ bytes: Int, over transport: Transport) {
        switch transport {
        case .tls: overTLS.add(1, ordering: .relaxed)
        case .https: overHTTPS.add(1, ordering: .relaxed)
        }
        receivedBytes.add(bytes, ordering: .relaxed)
    }

    func didSend(_ bytes: Int) { sentBytes.add(bytes, ordering: .relaxed) }

    /// Adds what was counted to `metrics`.
    func add(to metrics: inout EncryptedDNSMetrics) {
        metrics.overTLS = overTLS.load(ordering: .relaxed)
        metrics.overHTTPS = overHTTPS.load(ordering: .relaxed)
        metrics.receivedBytes = receivedBytes.load(ordering: .relaxed)
        metrics.sentBytes = sentBytes.load(ordering: .relaxed)
    }
}
