/// Where things stand in etcd.
///
/// All of a cluster is below `rollcall/NAME/`, and all but the key that makes the cluster below its
/// id, so that what one cluster wrote is never taken for another's:
///
///     rollcall/prod/cluster                       Cluster
///     rollcall/prod/ID/live/…                     what every server watches
///         log/WRITER/EPOCH/NUMBER                 Entry
///         head                                    empty; put with each entry, so its revision is
///                                                 that of the newest
///         writer/NODE-ID                          empty; its revision is the writer's epoch
///         member/NODE-NAME                        Member, on the server's lease
///         leader                                  the leader's node id, on its lease
///         assignment                              Assignment
///         beats/NODE-ID                           Beats, on the server's lease
///         question/NODE-ID, opinion/NODE-ID       Question, Opinion, on the server's lease
///         snapshot                                Snapshot
///     rollcall/prod/ID/snapshot/REVISION/NUMBER   the snapshot's pieces
///     rollcall/prod/ID/part/WRITER/EPOCH/NUMBER/PART
///                                                 changes that are too large for one value
struct ClusterKeys: Hashable, Sendable {
    let name: String
    let id: String

    /// The key that makes a cluster.
    static func cluster(_ name: String) -> String { "rollcall/\(name)/cluster" }

    private var root: String { "rollcall/\(name)/\(id)/" }
    /// What every server watches begins so.
    var live: String { root + "live/" }
    var log: String { live + "log/" }
    var head: String { live + "head" }
    var writers: String { live + "writer/" }
    var members: String { live + "member/" }
    var leader: String { live + "leader" }
    var assignment: String { live + "assignment" }
    var snapshot: String { live + "snapshot" }
    var pieces: String { root + "snapshot/" }

    func entry(_ name: EntryName) -> String { log + Self.text(name) }

    /// The parts of an entry begin so.
    func parts(_ name: EntryName) -> String { "\(root)part/\(Self.text(name))/" }

    func part(_ part: Int, of name: EntryName) -> String {
        parts(name) + Self.digits(UInt64(part))
    }

    private static func text(_ name: EntryName) -> String {
        "\(name.writer)/\(digits(name.epoch))/\(digits(name.number))"
    }

    func writer(_ nodeID: String) -> String { writers + nodeID }

    func member(_ nodeName: String) -> String { members + nodeName }

    func beats(_ nodeID: String) -> String { "\(live)beats/\(nodeID)" }

    func question(_ nodeID: String) -> String { "\(live)question/\(nodeID)" }

    func opinion(_ nodeID: String) -> String { "\(live)opinion/\(nodeID)" }

    /// The pieces of the snapshot of a revision begin so.
    func pieces(of revision: UInt64) -> String { "\(pieces)\(Self.digits(revision))/" }

    func piece(_ number: Int, of revision: UInt64) -> String {
        pieces(of: revision) + Self.digits(UInt64(number))
    }

    /// The first key behind all that begin with `prefix`, which ends in a slash.
    static func end(of prefix: String) -> String { prefix.dropLast() + "0" }

    /// As wide as the greatest number, so that keys are in the order of numbers.
    private static func digits(_ number: UInt64) -> String {
        let text = String(number, radix: 16)
        return String(repeating: "0", count: 16 - text.count) + text
    }

    /// What a key of the live part is.
    enum Subject: Hashable, Sendable {
        case entry(EntryName)
        case head
        case writer(String)
        case member(String)
        case leader
        case assignment
        case beats(String)
        case question(String)
        case opinion(String)
        case snapshot
    }

    /// The subject of `key`; nil for what is none of ours.
    func subject(of key: String) -> Subject? {
        guard key.hasPrefix(live) else { return nil }
        let parts = key.dropFirst(live.count).split(
            separator: "/",
            omittingEmptySubsequences: false
        )
        switch (parts[0], parts.count) {
        case ("log", 4):
            guard let epoch = UInt64(parts[2], radix: 16), let number = UInt64(parts[3], radix: 16)
            else { return nil }
            return .entry(EntryName(writer: String(parts[1]), epoch: epoch, number: number))
        case ("head", 1): return .head
        case ("leader", 1): return .leader
        case ("assignment", 1): return .assignment
        case ("snapshot", 1): return .snapshot
        case ("writer", 2): return .writer(String(parts[1]))
        // A name may have a slash in it.
        case ("member", 2...): return .member(parts.dropFirst().joined(separator: "/"))
        case ("beats", 2): return .beats(String(parts[1]))
        case ("question", 2): return .question(String(parts[1]))
        case ("opinion", 2): return .opinion(String(parts[1]))
        default: return nil
        }
    }
}

/// Which entry of the log it is.
struct EntryName: Hashable, Sendable {
    /// The writer's node id.
    var writer: String
    /// The revision at which the writer began to count.
    var epoch: UInt64
    var number: UInt64
}
