package import ServiceCatalog

/// What one probe found.
package struct ProbeResult: Hashable, Sendable {
    /// `warning` counts as a success, as `passing` does.
    package var status: HealthStatus
    /// For people.
    package var output: String
    package var evidence: Evidence

    /// Who says so.
    package enum Evidence: Hashable, Sendable {
        /// The target's own answer, a refusal included, or a fixed rule of this server.
        case answer
        /// Nothing came back: the target may be down, or the way to it.
        case silence
        /// This host could not even ask, for want of descriptors or ports.
        case ownFault
    }

    package init(_ status: HealthStatus, _ output: String, evidence: Evidence = .answer) {
        self.status = status
        self.output = output
        self.evidence = evidence
    }

    package var isFailure: Bool { status == .critical }
}
