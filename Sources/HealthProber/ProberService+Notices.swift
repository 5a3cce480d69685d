internal import Logging
internal import ServiceCatalog

extension ProberService {
    /// Writes the log line of a notice.
    static func write(_ notice: Prober.Notice, to logger: Logger) {
        switch notice {
        case .transition(let change):
            logger.info("check changed", metadata: change.metadata)
        case .transitionsOmitted(let count):
            logger.info("more checks changed", metadata: ["count": "\(count)"])
        case .flapping(let check, let service, let instance):
            logger.notice(
                "check flaps: held down while others of its service are up",
                metadata: [
                    "service": "\(Self.oneLine(service))",
                    "node": "\(Self.oneLine(check.node))",
                    "instance": "\(Self.oneLine(instance))",
                    "check": "\(Self.oneLine(check.id))",
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

extension Prober.Transition {
    /// The evidence, as far as there is some.
    fileprivate var metadata: Logger.Metadata {
        var texts = [
            "service": service, "node": node, "instance": instance, "check": check, "type": type,
            "from": from?.rawValue ?? "none", "to": to?.rawValue ?? "none",
            "cause": cause.rawValue, "output": output,
        ]
        if let count { texts["count"] = count }
        if let latency { texts["latency_ms"] = "\(latency.nanoseconds / 1_000_000)" }
        if let duration { texts["after_seconds"] = "\(duration.components.seconds)" }
        return texts.mapValues { "\(ProberService.oneLine($0))" }
    }
}
