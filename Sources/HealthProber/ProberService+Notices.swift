internal import Logging
internal import ServiceCatalog

extension ProberService {
    /// Writes the log line of a notice.
    static func write(_ notice: Prober.Notice, to logger: Logger) {
        switch notice {
        case .transition(let change):
            logger.info(
                "check changed",
                metadata: [
                    "service": "\(change.service)",
                    "node": "\(change.node)",
                    "instance": "\(change.instance)",
                    "check": "\(change.check)",
                    "from": "\(change.from.rawValue)",
                    "to": "\(change.to.rawValue)",
                    "output": "\(Self.oneLine(change.output))",
                ]
            )
        case .holding(let failure):
            logger.warning(
                "most probed instances fail at once: the last known health is held",
                metadata: ["failing": "\(failure.failing)", "probed": "\(failure.probed)"]
            )
        case .resumed:
            logger.notice("probes are believed again")
        case .paused(let duration):
            logger.warning(
                "the process did not run: leases are extended",
                metadata: ["seconds": "\(duration.seconds)"]
            )
        case .leaseExpired(let instance):
            logger.info(
                "lease expired",
                metadata: ["node": "\(instance.node)", "instance": "\(instance.id)"]
            )
        case .sessionExpired(let id):
            logger.info("session expired", metadata: ["session": "\(id)"])
        case .criticalTooLong(let instance, let check):
            logger.info(
                "instance removed, critical for too long",
                metadata: [
                    "node": "\(instance.node)",
                    "instance": "\(instance.id)",
                    "check": "\(check)",
                ]
            )
        }
    }

    /// `text` with its line breaks and control characters escaped as Swift spells them.
    ///
    /// Why: a probe's output is what a stranger's server sent. It must not end the log line, begin
    /// one that looks like ours, or speak to the terminal that shows it.
    static func oneLine(_ text: String) -> String {
        func splitsLine(_ scalar: Unicode.Scalar) -> Bool {
            switch scalar.properties.generalCategory {
            case .control, .lineSeparator, .paragraphSeparator: true
            default: false
            }
        }
        guard text.unicodeScalars.contains(where: splitsLine) else { return text }
        return text.unicodeScalars.reduce(into: "") { line, scalar in
            line += splitsLine(scalar) ? scalar.escaped(asASCII: true) : String(scalar)
        }
    }
}
