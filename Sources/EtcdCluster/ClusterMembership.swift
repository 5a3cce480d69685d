internal import Foundation
internal import Logging
internal import Protos
internal import ServiceCatalog
internal import SwiftProtobuf

/// Keeps this server's lease alive, has it stand for election, and does what only the leader does
/// for the members.
struct ClusterMembership {
    let client: EtcdClient
    let keys: ClusterKeys
    let settings: ClusterSettings
    let standing: ClusterStanding
    let logger: Logger
    /// Rings when members or leader change.
    let bell: ClusterBell
    /// Told that this server may have begun or ceased to lead.
    let changed: @Sendable () -> Void

    private var nodeID: String { settings.member.nodeID }
    private var term: Duration { .seconds(settings.memberTermSeconds) }

    /// Runs until the task is cancelled, and leaves the lease to whoever ends it.
    func run() async {
        while !Task.isCancelled {
            do {
                let lease = try await client.grantLease(seconds: settings.memberTermSeconds)
                if try await join(lease) {
                    standing.change { $0.lease = lease }
                    await live(lease)
                }
                if Task.isCancelled { return }
                standing.change { $0.lease = 0 }
            } catch {
                logger.debug("no lease", metadata: ["error": "\(error)"])
            }
            try? await Task.sleep(for: .milliseconds(300))
        }
    }

    /// Writes who this server is; false when another server has its name.
    private func join(_ lease: Int64) async throws -> Bool {
        let key = keys.member(settings.member.nodeName)
        let (found, _, _) = try await client.range(key)
        var transaction = EtcdTransaction()
        if let pair = found.first {
            guard let other = ClusterMember(pair), other.nodeID == settings.member.nodeID else {
                let other = ClusterMember(pair)?.address ?? "?"
                standing.change { $0.nameTaken = other }
                // It may have been this server's last life, whose lease runs out.
                try await client.revoke(lease: lease)
                return false
            }
            transaction.require(key, writtenAt: pair.modRevision)
        } else {
            transaction.requireAbsent(key)
        }
        transaction.put(key, try value(), lease: lease)
        let outcome = try await client.transact(transaction)
        if outcome.succeeded { standing.change { $0.nameTaken = nil } }
        return outcome.succeeded
    }

    private func value() throws -> Data {
        var member = settings.member
        member.appliedRevision = standing.now.view.revision
        return try member.value
    }

    /// Renews the lease and does the duties of a member, until the lease is lost.
    private func live(_ lease: Int64) async {
        var renewed = ContinuousClock.now
        var described = ContinuousClock.now
        while !Task.isCancelled {
            await bell.wait(atMost: term / 4)
            let now = ContinuousClock.now
            if now - renewed >= term / 4 {
                guard let isAlive = try? await client.keepAlive(lease: lease) else {
                    if ContinuousClock.now - renewed > term { return }
                    continue
                }
                guard isAlive else { return }
                renewed = now
            }
            do {
                try await standForElection(lease)
                try await assign()
                if now - described > Self.descriptionInterval {
                    described = now
                    var transaction = EtcdTransaction()
                    transaction.put(
                        keys.member(settings.member.nodeName),
                        try value(),
                        lease: lease
                    )
                    _ = try await client.transact(transaction)
                    standing.change { $0.canWrite = true }
                    changed()
                }
            } catch {
                standing.change { $0.canWrite = false }
                changed()
                logger.debug("a member's duty failed", metadata: ["error": "\(error)"])
            }
        }
    }

    /// How often a member says how far it is.
    private static let descriptionInterval: Duration = .seconds(4)

    private func standForElection(_ lease: Int64) async throws {
        let now = standing.now
        guard now.view.leader == nil, now.cutOff == nil else { return }
        var transaction = EtcdTransaction()
        transaction.requireAbsent(keys.leader)
        transaction.put(keys.leader, Data(nodeID.utf8), lease: lease)
        if try await client.transact(transaction).succeeded {
            standing.change { $0.figures.elections += 1 }
            logger.notice("leads the cluster")
        }
    }

    /// Shares the checks among those who live.
    private func assign() async throws {
        guard let leader = standing.leads(nodeID) else { return }
        let view = standing.now.view
        let nodeIDs = view.members.values.map(\.nodeID).sorted()
        guard nodeIDs != view.assignment, !nodeIDs.isEmpty else { return }
        var assignment = Rollcall_Assignment()
        assignment.nodeIds = nodeIDs
        var transaction = EtcdTransaction()
        transaction.require(keys.leader, createdAt: leader.since)
        transaction.put(keys.assignment, try assignment.serializedBytes())
        _ = try await client.transact(transaction)
    }
}
