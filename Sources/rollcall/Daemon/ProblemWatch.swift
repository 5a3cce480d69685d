internal import DNSResponder
internal import DNSWire
internal import DNSZones
internal import HealthProber
internal import Logging
internal import ServiceCatalog
internal import ServiceLifecycle

/// Finds the problems that show in counters, logs the beginning and the end of each problem, and has
/// DNS say which of them makes its answers stale.
struct ProblemWatch: Service {
    let problems: Problems
    let responder: Responder
    let prober: ProberService
    let serviceZone: ServiceZone
    let logger: Logger

    private static let interval = Duration.seconds(1)

    func run() async {
        await cancelWhenGracefulShutdown {
            var growth = Growth()
            var stale: String?
            while !Task.isCancelled {
                look(&growth)
                for change in problems.takeChanges() { write(change) }
                let reason = problems.current.first(where: \.makesAnswersStale)
                    .map { $0.answerText ?? $0.text }
                if reason != stale {
                    stale = reason
                    serviceZone.setNote(reason.map(Self.staleAnswer))
                }
                try? await Task.sleep(for: Self.interval)
            }
        }
    }

    /// RFC 8914 §4.4.
    private static func staleAnswer(_ reason: String) -> ExtendedError {
        ExtendedError(infoCode: ExtendedError.staleAnswer, extraText: reason)
    }

    private struct Growth {
        var lost = RecentGrowth()
        var refused = RecentGrowth()
        var late = RecentGrowth()
        var pauses = RecentGrowth()
    }

    private func look(_ growth: inout Growth) {
        let now = ContinuousClock.now
        let dns = responder.counters()
        let lost = UInt64(clamping: dns.shed + dns.overflowed + dns.unsent)
        set(.queriesLost, growth.lost.isRecent(lost, now: now))
        let refused = UInt64(clamping: dns.connectionsRefused)
        set(.connectionsRefused, growth.refused.isRecent(refused, now: now))
        let probes = prober.metrics
        set(.proberLate, growth.late.isRecent(probes.lateProbes, now: now))
        set(.processPaused, growth.pauses.isRecent(probes.pauses, now: now))
    }

    private func set(_ problem: Problem, _ isThere: Bool) {
        if isThere { problems.begin(problem) } else { problems.end(problem.code) }
    }

    private func write(_ change: Problems.Change) {
        switch change {
        case .began(let problem):
            logger.log(
                level: problem.isFailure ? .error : .warning,
                "a problem began",
                metadata: [
                    "code": "\(problem.code)", "problem": "\(problem.text)",
                    "remedy": "\(problem.remedy)",
                ]
            )
        case .ended(let problem):
            logger.notice("a problem ended", metadata: ["code": "\(problem.code)"])
        }
    }
}

extension ProberMetrics {
    /// Probes that began more than a second late.
    fileprivate var lateProbes: UInt64 {
        zip(Self.latenessBounds + [.infinity], lateness).reduce(0) { sum, bucket in
            bucket.0 > 1 ? sum + bucket.1 : sum
        }
    }
}

extension Problem {
    fileprivate static let queriesLost = Problem(
        code: "dns_overloaded",
        text: "DNS queries over UDP are dropped because more come than can be answered",
        remedy: "see rollcall_dns_shed_total and rollcall_dns_overflowed_total; use more workers, "
            + "or find who asks so much"
    )
    fileprivate static let connectionsRefused = Problem(
        code: "dns_connections_refused",
        text: "DNS connections over TCP are refused because too many are open",
        remedy: "raise dns.tcp_connections_max and the limit of open files, or find who holds them"
    )
    fileprivate static let proberLate = Problem(
        code: "prober_late",
        text: "probes begin more than a second late",
        remedy: "give the server more CPU, or check less often"
    )
    fileprivate static let processPaused = Problem(
        code: "process_paused",
        text: "the process did not run for a time; leases were extended by it",
        remedy: "look for a suspended or starved machine; it ends by itself when the process runs"
    )
}
