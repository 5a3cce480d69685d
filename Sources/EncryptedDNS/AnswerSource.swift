internal import DNSResponder
internal import NIOCore
internal import NIOPosix
internal import Synchronization

/// A responder for each event loop, and the way back for late replies.
final class AnswerSource: Sendable {
    /// By event loop.
    let responders: [ObjectIdentifier: NIOLoopBound<LoopResponder>]
    private let handles: [InProcessHandle]
    private let messages: MessageTally
    private let stopping: StopFlag

    init(_ answers: EncryptedDNSAnswers, on group: MultiThreadedEventLoopGroup) async throws {
        let loops = Array(group.makeIterator())
        var configuration = answers.configuration
        configuration.pendingRepliesMax = max(1, configuration.pendingRepliesMax / loops.count)
        let messages = MessageTally()
        let stopping = StopFlag()
        var responders: [ObjectIdentifier: NIOLoopBound<LoopResponder>] = [:]
        var handles: [InProcessHandle] = []
        for loop in loops {
            let (responder, handle) = try await loop.submit { [configuration] in
                try Self.make(answers, configuration, loop, messages, stopping)
            }.get()
            responders[ObjectIdentifier(loop)] = responder
            handles.append(handle)
        }
        self.responders = responders
        self.handles = handles
        self.messages = messages
        self.stopping = stopping
    }

    /// Late replies go nowhere from now on: their loops will end.
    func stop() { stopping.set() }

    /// Puts other protection in force on all loops.
    func replaceProtection(_ settings: ProtectionSettings) {
        for handle in handles { handle.replaceProtection(settings) }
    }

    var metrics: EncryptedDNSMetrics {
        var metrics = EncryptedDNSMetrics()
        for handle in handles { metrics.queries.addQueries(of: handle.currentCounters()) }
        messages.add(to: &metrics)
        return metrics
    }

    /// Called on `loop`.
    private static func make(
        _ answers: EncryptedDNSAnswers,
        _ configuration: ResponderConfiguration,
        _ loop: any EventLoop,
        _ messages: MessageTally,
        _ stopping: StopFlag
    ) throws -> (NIOLoopBound<LoopResponder>, InProcessHandle) {
        let place = NIOLoopBoundBox<WeakResponder>(WeakResponder(), eventLoop: loop)
        let server = InProcessServer(
            configuration: configuration,
            table: answers.table,
            fallback: answers.fallback,
            forwarder: answers.forwarder,
            transfers: answers.transfers,
            deliver: { late in
                guard !stopping.isSet else { return }
                loop.execute { place.value.responder?.take(late) }
            }
        )
        guard let server else {
            throw EncryptedDNSError("the answer table has no reader left")
        }
        let responder = LoopResponder(server, messages: messages)
        place.value.responder = responder
        return (NIOLoopBound(responder, eventLoop: loop), server.handle)
    }

    /// What late replies are handed to; weak, since it owns what delivers them.
    private struct WeakResponder {
        weak var responder: LoopResponder?
    }

    /// Set once, at the end.
    private final class StopFlag: Sendable {
        private let flag = Atomic<Bool>(false)

        var isSet: Bool { flag.load(ordering: .acquiring) }
        func set() { flag.store(true, ordering: .releasing) }
    }
}
