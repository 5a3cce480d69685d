internal import Foundation
internal import Protos
internal import ServiceCatalog
internal import SwiftProtobuf

/// Why a server cannot take part in a cluster; nothing listens then.
package struct ClusterStartError: Error, Hashable, CustomStringConvertible {
    package var description: String

    init(_ text: String) { description = text }
}

/// Finds the cluster in etcd, or makes it.
struct ClusterStart {
    let client: EtcdClient
    let settings: ClusterSettings
    /// Nil: this server's disk knows of no cluster.
    let knownID: String?

    /// - Returns: where the cluster's things stand.
    /// - Throws: `EtcdError`, or `ClusterStartError` when it is another cluster than before.
    func keys() async throws -> ClusterKeys {
        let name = ClusterKeys.cluster(settings.name)
        var transaction = EtcdTransaction()
        // A server that has been part of it does not make it anew.
        if knownID == nil {
            transaction.requireAbsent(name)
            transaction.put(name, try newCluster.serializedBytes())
        }
        transaction.read(name)
        let outcome = try await client.transact(transaction)
        guard let pair = outcome.found.first ?? nil else {
            throw ClusterStartError(
                """
                etcd has no cluster "\(settings.name)" while the data folder is of its server; put \
                etcd's data back, or move the folder's "cluster" away to begin anew
                """
            )
        }
        let cluster = try Rollcall_Cluster(serializedBytes: pair.value)
        guard cluster.format <= ClusterEntry.format else {
            throw ClusterStartError(
                """
                the cluster "\(settings.name)" has format \(cluster.format) and this program reads \
                up to \(ClusterEntry.format); use a newer one
                """
            )
        }
        guard cluster.datacenter == settings.datacenter else {
            throw ClusterStartError(
                """
                the cluster "\(settings.name)" is of datacenter "\(cluster.datacenter)" and not of \
                "\(settings.datacenter)"; give --cluster another name, or --datacenter this one
                """
            )
        }
        if let knownID, knownID != cluster.id {
            throw ClusterStartError(
                """
                the data folder is of another cluster "\(settings.name)" (\(knownID)) than etcd's \
                (\(cluster.id)); give another --data-dir or the right --etcd
                """
            )
        }
        return ClusterKeys(name: settings.name, id: cluster.id)
    }

    /// The id of the cluster that a key makes; nil when it makes none.
    static func id(_ pair: EtcdPair) -> String? {
        (try? Rollcall_Cluster(serializedBytes: pair.value))?.id
    }

    private var newCluster: Rollcall_Cluster {
        var cluster = Rollcall_Cluster()
        cluster.id = UUID().uuidString.lowercased()
        cluster.format = ClusterEntry.format
        cluster.datacenter = settings.datacenter
        cluster.createdMilliseconds = Int64(Date().timeIntervalSince1970 * 1_000)
        return cluster
    }
}
