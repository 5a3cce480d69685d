internal import DNSResponder
internal import Logging

extension Logger {
    /// One line for each transfer; of requests that are turned away one in ten seconds.
    func log(_ report: TransferReport) {
        var metadata: Metadata = [
            "zone": "\(report.zone)",
            "client": "\(report.client.map { "\($0)" } ?? "unknown")",
        ]
        switch report.result {
        case .refused:
            metadata["count"] = "\(report.count)"
            warning("zone transfers refused: not in dns.transfer_clients", metadata: metadata)
            return
        case .overLimit:
            metadata["count"] = "\(report.count)"
            warning("zone transfers refused: too many at once", metadata: metadata)
            return
        case .completed, .upToDate, .aborted, .failed: break
        }
        metadata["serial"] = "\(report.serial)"
        metadata["messages"] = "\(report.messages)"
        metadata["records"] = "\(report.records)"
        metadata["bytes"] = "\(report.bytes)"
        metadata["seconds"] = "\(report.seconds)"
        switch report.result {
        case .upToDate: info("the secondary has the zone already", metadata: metadata)
        case .aborted: warning("zone transfer broken off by the client", metadata: metadata)
        case .failed:
            error("zone transfer failed: a record fits into no message", metadata: metadata)
        case .completed, .refused, .overLimit: info("zone transferred", metadata: metadata)
        }
    }
}

extension TransferReport {
    /// To the millisecond.
    fileprivate var seconds: Double {
        Double(duration.components.seconds)
            + Double(duration.components.attoseconds / 1_000_000_000_000_000) / 1000
    }
}
