package import ServiceCatalog
internal import Synchronization

// A prober that shares the checks with those of other servers.
extension ProberService {
    package var refusal: CatalogLogError? { sharing?.refusal() }

    /// Looks after its part of the checks of `servers`, or after all when that is nil.
    package func share(among servers: [String]?, decides: Bool) {
        let responsibility = CheckResponsibility(servers: servers, own: sharing?.own ?? "")
        let now = now
        keeper.read { catalog in
            prober.withLock {
                $0.share(responsibility, decides: decides, in: catalog, now: now)
            }
        }
        callTurn()
    }

    /// True when this server looks after the check, where `servers` share them.
    package func isResponsible(for check: CheckKey, among servers: [String]) -> Bool {
        CheckResponsibility(servers: servers, own: sharing?.own ?? "")
            .isOwn(Prober.folded(check))
    }

    /// Takes note of heartbeats that other servers heard.
    package func heard(_ numbers: [UInt64]) {
        let now = now
        prober.withLock { $0.heard(numbers, now: now) }
    }

    /// Looks at checks now; for each true when its target lives, nil without an opinion.
    package func opinions(on checks: [CheckKey]) async -> [Bool?] {
        await withTaskGroup(of: (Int, Bool?).self) { group in
            var opinions = [Bool?](repeating: nil, count: checks.count)
            for (position, check) in checks.enumerated() {
                if position >= Self.opinionsAtOnceMax, let (done, opinion) = await group.next() {
                    opinions[done] = opinion
                }
                group.addTask { (position, await self.opinion(on: check)) }
            }
            for await (position, opinion) in group { opinions[position] = opinion }
            return opinions
        }
    }

    private static let opinionsAtOnceMax = 64

    private func opinion(on check: CheckKey) async -> Bool? {
        let start = now
        guard let definition = prober.withLock({ $0.definition(forOpinionOn: check) }) else {
            return nil
        }
        let result = await runner.run(definition)
        guard result.isFailure else { return true }
        let isVoid = prober.withLock { $0.isVoid(start: start) }
        return result.evidence == .ownFault || isVoid ? nil : false
    }

    /// Takes what other servers say about checks.
    package func learned(_ opinions: [(check: CheckKey, isAlive: Bool?)]) {
        let now = now
        prober.withLock { prober in
            for (check, isAlive) in opinions { prober.learned(check, isAlive: isAlive, now: now) }
        }
        callTurn()
    }
}
