internal import Foundation
package import ServiceCatalog

/// How a server of a cluster stands now.
package struct ClusterStatus: Hashable, Sendable {
    package var name: String
    /// A UUID; nil as long as etcd was never reached.
    package var id: String?
    /// Nil when nobody leads, or when this server cannot know.
    package var leader: ClusterMember?
    /// True when it is this one.
    package var leads: Bool
    /// In order of name.
    package var members: [ClusterMember]
    /// How far the catalog is.
    package var revision: UInt64
    /// Since when nobody has confirmed that nothing is missing.
    package var age: Duration
    /// Why this server is cut off; nil when it is not.
    package var cutOff: String?
    /// Why etcd could not be asked the last time; nil when it could.
    package var lastFailure: String?
    /// Somebody else's server with this one's name.
    package var nameTaken: String?
    package var entries: Int
    package var snapshotRevision: UInt64
    package var figures: ClusterFigures
    /// Who is asked.
    package var endpoint: String
}

extension ClusterNode {
    package var status: ClusterStatus {
        let now = standing.now
        let members = now.view.members.values.sorted { $0.nodeName < $1.nodeName }
        let leader = now.cutOff == nil ? now.view.leader : nil
        return ClusterStatus(
            name: settings.name,
            id: parts.currentKeys?.id,
            leader: members.first { $0.nodeID == leader?.nodeID },
            leads: standing.leads(nodeID) != nil,
            members: members,
            revision: now.view.revision,
            age: now.confirmed.map { .now - $0 } ?? .zero,
            cutOff: now.cutOff,
            lastFailure: now.lastFailure,
            nameTaken: now.nameTaken,
            entries: now.view.log.entries,
            snapshotRevision: now.view.snapshotRevision,
            figures: now.figures,
            endpoint: client.endpoint.description
        )
    }

    /// How many registrations wait to be merged.
    package var takenCount: Int { offline.count }

    /// What etcd's member says of itself, or why it says nothing.
    package func etcdStatus() async -> Result<EtcdMemberStatus, EtcdFailure> {
        do throws(EtcdError) {
            return .success(try await client.status())
        } catch {
            return .failure(EtcdFailure(description: error.reason))
        }
    }

    /// A number for all that the catalog holds, and its revision: the same at two servers whose
    /// catalogs are.
    package func digest() async -> (text: String, revision: UInt64, index: CatalogIndex) {
        let state = await replica.state
        let catalog = state.catalog
        var digest: UInt64 = 0xCBF2_9CE4_8422_2325
        let contents = catalog.contents
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        func add(_ things: [some Encodable]) {
            for thing in things {
                guard let bytes = try? encoder.encode(thing) else { continue }
                for byte in bytes { digest = (digest ^ UInt64(byte)) &* 0x0000_0100_0000_01B3 }
            }
        }
        add(contents.nodes)
        add(contents.instances)
        add(contents.checks)
        add(contents.entries)
        add(contents.sessions)
        add(contents.preparedQueries)
        add(contents.accessPolicies)
        add(contents.accessTokens)
        return (String(digest, radix: 16), state.view.revision, catalog.index)
    }
}

/// Why etcd said nothing.
package struct EtcdFailure: Error, Hashable, CustomStringConvertible {
    package var description: String
}

extension ClusterNode: CatalogFreshness {
    package func waitUntilCurrent() async throws(CatalogLogError) {
        guard let keys = parts.currentKeys, standing.now.cutOff == nil else {
            throw .cutOff(reason: standing.now.cutOff ?? "etcd was not reached yet")
        }
        // A member that is left leaves one to be asked.
        for _ in 0..<Self.confirmationsMax {
            guard await current.next({ await confirm(keys) }) else { continue }
            // While it is detached, what is confirmed is not what is read.
            if await replica.isAttached { return }
        }
        throw .cutOff(reason: standing.now.lastFailure ?? "etcd's majority does not answer")
    }

    private static let confirmationsMax = 3

    package var ageMilliseconds: Int {
        let age = standing.now.confirmed.map { ContinuousClock.now - $0 } ?? .zero
        // Asked every second: within that it is current as far as anybody needs to know.
        guard standing.now.cutOff != nil else { return 0 }
        let (seconds, attoseconds) = age.components
        return Int(seconds) * 1_000 + Int(attoseconds / 1_000_000_000_000_000)
    }

    package var knowsLeader: Bool {
        let now = standing.now
        return now.cutOff == nil && now.view.leader != nil
    }
}
