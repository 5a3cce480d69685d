/// What was noted of a recovery, while its folder of damaged files is there.
package struct RecoveryReport: Hashable, Sendable {
    /// One sentence for those who run the server.
    package var text: String
    /// True when something that was acknowledged is lost, or may be.
    package var mayBeStale: Bool
}
