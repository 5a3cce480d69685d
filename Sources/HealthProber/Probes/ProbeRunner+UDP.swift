internal import NIOCore
internal import ServiceCatalog

extension ProbeRunner {
    /// A network that cannot reach its neighbour says so after about three seconds.
    private static let udpWaitMax: Duration = .seconds(4)

    /// Passing when anything comes back or nothing refuses.
    ///
    /// Silence after four seconds is passing too, whatever the timeout: a refusal is faster, and
    /// probes that wait keep others waiting.
    func udp(host: String, port: Int, deadline: ProbeDeadline) async -> ProbeResult {
        let target = Self.spell(host, port)
        let wait = min(deadline.timeout, Self.udpWaitMax)
        do throws(ProbeFailure) {
            let isAnswered = try await reach(
                host: host,
                port: port,
                deadline: ProbeDeadline(after: wait)
            ) { connection in
                try await connection.datagrams { channel, promise in
                    try channel.pipeline.syncOperations.addHandler(
                        DatagramHandler(payload: [], silence: false, promise: promise) { _ in true }
                    )
                }
            }
            return ProbeResult(
                .passing,
                "UDP \(target): \(isAnswered ? "answered" : "nothing refused")"
            )
        } catch {
            return ProbeResult(.critical, "UDP \(target): \(error)", evidence: error.evidence)
        }
    }
}
