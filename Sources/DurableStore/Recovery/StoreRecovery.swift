package import Foundation

/// How a damaged catalog was put together again, for those who run the server.
package struct StoreRecovery: Hashable, Sendable {
    /// What was wrong.
    package var causes: [String]
    /// Where the damaged files are.
    package var folder: String
    /// The time of the snapshot that it began with; nil: the rows were whole.
    package var snapshotDate: Date?
    /// Changes of the journal that were found whole and made again.
    package var replayed: Int
    /// Changes that are known to be lost.
    package var missing: Int
    /// True when more may be lost than is known.
    package var mayMissMore: Bool

    /// True when something that was acknowledged is lost, or may be.
    package var mayBeStale: Bool { missing > 0 || mayMissMore }

    /// One sentence.
    package var description: String {
        let base =
            snapshotDate.map {
                "from the snapshot of \($0.formatted(.iso8601)) and \(replayed) changes of the journal"
            } ?? "from its own rows and \(replayed) changes of the journal"
        let loss =
            mayMissMore
            ? (missing > 0
                ? "at least \(missing) changes are missing" : "the last changes may be missing")
            : (missing > 0 ? "\(missing) changes are missing" : "nothing is missing")
        return """
            the stored catalog was damaged (\(causes.joined(separator: "; "))) and was restored \(base); \
            \(loss); the damaged files are in \(folder), move that folder away to end this message
            """
    }
}
