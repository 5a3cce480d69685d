internal import Foundation
internal import Protos
internal import ServiceCatalog
internal import SwiftProtobuf

/// What a server knows of its cluster beside the catalog; a value, made by what it is told in order.
struct ClusterView: Sendable {
    /// Who leads, and since which revision.
    struct Leader: Hashable, Sendable {
        var nodeID: String
        var since: UInt64
    }

    /// What no snapshot has.
    struct LogExtent: Hashable, Sendable {
        var entries = 0
        var bytes = 0

        mutating func add(bytes: Int) {
            entries += 1
            self.bytes += bytes
        }
    }

    /// All that etcd says up to here is known.
    var revision: UInt64 = 0
    /// By node name.
    var members: [String: ClusterMember] = [:]
    var leader: Leader?
    /// The node ids of those that share the checks.
    var assignment: [String] = []
    var log = LogExtent()
    /// The catalog of this revision can be read in one piece.
    var snapshotRevision: UInt64 = 0
    var snapshotBytes = 0

    /// Follows a change of a key that is no entry of the log.
    mutating func note(
        _ subject: ClusterKeys.Subject,
        _ pair: EtcdPair,
        isRemoval: Bool
    ) {
        switch subject {
        case .member(let name):
            members[name] = isRemoval ? nil : ClusterMember(pair)
        case .leader:
            leader =
                isRemoval
                ? nil
                : Leader(
                    nodeID: String(decoding: pair.value, as: UTF8.self),
                    since: pair.createRevision
                )
        case .assignment:
            let assignment = try? Rollcall_Assignment(serializedBytes: pair.value)
            self.assignment = assignment?.nodeIds ?? []
        case .snapshot:
            guard let snapshot = try? Rollcall_Snapshot(serializedBytes: pair.value) else { return }
            snapshotRevision = snapshot.revision
            snapshotBytes = Int(clamping: snapshot.bytes)
            // What came while it was written is little.
            log = LogExtent()
        case .entry, .head, .writer, .beats, .question, .opinion: break
        }
    }
}

/// A server of the cluster, as it says of itself.
package struct ClusterMember: Hashable, Sendable {
    package var nodeID: String
    package var nodeName: String
    package var address: String
    package var http: [String]
    package var dns: [String]
    package var version: String
    package var startedMilliseconds: Int
    package var appliedRevision: UInt64

    package init(
        nodeID: String,
        nodeName: String,
        address: String,
        http: [String] = [],
        dns: [String] = [],
        version: String
    ) {
        self.nodeID = nodeID
        self.nodeName = nodeName
        self.address = address
        self.http = http
        self.dns = dns
        self.version = version
        self.startedMilliseconds = Int(Date().timeIntervalSince1970 * 1_000)
        self.appliedRevision = 0
    }

    init?(_ pair: EtcdPair) {
        guard let member = try? Rollcall_Member(serializedBytes: pair.value) else { return nil }
        nodeID = member.nodeID
        nodeName = member.nodeName
        address = member.address
        http = member.http
        dns = member.dns
        version = member.version
        startedMilliseconds = Int(member.startedMilliseconds)
        appliedRevision = member.appliedRevision
    }

    /// The value of its key.
    var value: Data {
        get throws {
            var member = Rollcall_Member()
            member.nodeID = nodeID
            member.nodeName = nodeName
            member.address = address
            member.http = http
            member.dns = dns
            member.version = version
            member.startedMilliseconds = Int64(startedMilliseconds)
            member.appliedRevision = appliedRevision
            member.format = ClusterEntry.format
            return try member.serializedBytes()
        }
    }
}
