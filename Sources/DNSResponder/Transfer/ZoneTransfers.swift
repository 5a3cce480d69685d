internal import DNSWire
internal import Synchronization

/// Hands whole zones to secondary servers (RFC 5936).
///
/// What enters: requests of those who may have a zone. What leaves: messages, one after another as
/// the client takes them, and a report of each transfer. It is shared by all transports.
package final class ZoneTransfers: Sendable {
    let desk: TransferDesk
    private let isStarted = Mutex(false)

    /// - Parameters:
    ///   - runningMax: transfers at a time, of all clients together.
    ///   - report: called on the thread that makes transfers; of requests that are turned away
    ///     for one in ten seconds.
    package init(
        source: any ZoneSource,
        runningMax: Int = 10,
        report: @escaping @Sendable (TransferReport) -> Void
    ) throws(ResponderError) {
        desk = try TransferDesk(source: source, runningMax: runningMax, report: report)
    }

    deinit { desk.post(.stop) }

    /// How many requests had this result.
    package func count(_ result: TransferReport.Result) -> Int { desk.count(result) }

    /// Transfers that run now.
    package var runningCount: Int { desk.runningCount }

    /// Begins a transfer; false when as many run as may, or there is no thread for it.
    func begin(_ request: TransferRequest) -> Bool {
        guard startIfNeeded(), desk.takePlace() else {
            desk.turnAway(request.client, request.zone, .overLimit)
            return false
        }
        desk.post(.begin(request))
        return true
    }

    /// Notes that a client may not have `zone`.
    func refuse(_ client: IPAddress?, _ zone: DomainName) {
        desk.turnAway(client, zone, .refused)
        _ = startIfNeeded()
    }

    /// The thread starts with the first request: most servers never have one.
    private func startIfNeeded() -> Bool {
        isStarted.withLock { isStarted in
            if isStarted { return true }
            do throws(ResponderError) {
                try TransferThread.start(for: desk)
                isStarted = true
            } catch {}
            return isStarted
        }
    }
}
