internal import Foundation
internal import ServiceCatalog
internal import Synchronization

/// How this server stands in its cluster now, for those who cannot wait for an actor.
final class ClusterStanding: Sendable {
    struct Snapshot: Sendable {
        var view = ClusterView()
        /// Of this server; 0 while it has none.
        var lease: Int64 = 0
        /// When a majority of etcd last confirmed that nothing is missing here.
        var confirmed: ContinuousClock.Instant?
        /// Why this server counts as cut off; nil when it does not.
        var cutOff: String?
        /// Why etcd could not be asked the last time; nil when it could.
        var lastFailure: String?
        /// Somebody else's server has this one's name.
        var nameTaken: String?
        /// False while etcd answers and takes no writes, such as when its disk is full: heartbeats do
        /// not get through then, so that nobody's silence means anything.
        var canWrite = true
        /// All is to be read anew.
        var needsReload = false
        var figures = ClusterFigures()
    }

    private let snapshot = Mutex(Snapshot())

    var now: Snapshot { snapshot.withLock { $0 } }

    func change<Result: Sendable>(_ body: (inout Snapshot) -> Result) -> Result {
        snapshot.withLock { body(&$0) }
    }

    /// The leader's term that is this server's own; nil while it does not lead.
    func leads(_ nodeID: String) -> ClusterView.Leader? {
        snapshot.withLock { now in
            guard let leader = now.view.leader, leader.nodeID == nodeID, now.lease != 0,
                now.cutOff == nil, now.canWrite
            else { return nil }
            return leader
        }
    }
}

/// What happened since the start.
package struct ClusterFigures: Hashable, Sendable {
    /// Times that this server was cut off, and that it came back.
    package var cutOffs: UInt64 = 0
    package var returns: UInt64 = 0
    /// Times that a watch was begun, and that one brought nothing although there was something.
    package var watches: UInt64 = 0
    package var stalls: UInt64 = 0
    /// Times that all was read anew.
    package var loads: UInt64 = 0
    /// Times that this server began to lead.
    package var elections: UInt64 = 0
    /// Snapshots written to etcd by this server, and copies to its disk.
    package var snapshots: UInt64 = 0
    package var copies: UInt64 = 0
    /// Heartbeats that were passed on to the others, and in how many writes.
    package var beats: UInt64 = 0
    package var beatWrites: UInt64 = 0
    /// Second opinions that were asked for, and those that said that the target lives.
    package var questions: UInt64 = 0
    package var savedByOpinion: UInt64 = 0
    /// Registrations that were taken while cut off, merged, and superseded by the owner's later word.
    package var taken: UInt64 = 0
    package var merged: UInt64 = 0
    package var superseded: UInt64 = 0
}
