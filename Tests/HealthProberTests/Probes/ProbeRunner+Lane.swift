internal import NIOPosix
internal import ServiceCatalog

@testable internal import HealthProber

extension ProbeRunner {
    /// Runs a probe as the service does: in a lane when it is plain, and in a task when it is not
    /// or when it takes more than one connection.
    func runAsService(_ check: CheckDefinition) async -> ProbeResult {
        if let result = await runInLane(check) { return result }
        return await run(check)
    }

    /// Runs a probe in a lane; nil when it cannot, or when one connection was not enough.
    func runInLane(_ check: CheckDefinition) async -> ProbeResult? {
        let id = ProbeSchedule.ID(slot: 0, generation: 0)
        let start = Prober.StartedProbe(id: id, definition: check, startedAt: .zero)
        guard let probe = plainProbe(start) else { return nil }
        let (ends, continuation) = AsyncStream.makeStream(of: ProbeLane.End.self)
        let lane = ProbeLane(loop: MultiThreadedEventLoopGroup.singleton.next()) { ends in
            for end in ends { continuation.yield(end) }
        }
        lane.begin([probe])
        var iterator = ends.makeAsyncIterator()
        let end = await iterator.next()
        await lane.stop()
        return end?.result
    }
}
