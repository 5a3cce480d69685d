package import ServiceCatalog

/// How a server takes part in a cluster.
package struct ClusterSettings: Sendable {
    package var etcd: EtcdSettings
    /// Of the cluster: letters, digits, `-`, `_` and `.`.
    package var name: String
    package var datacenter: String
    /// What this server says of itself.
    package var member: ClusterMember
    package var limits: CatalogLimits
    /// For so long a server that says nothing counts as alive, in whole seconds.
    package var memberTermSeconds = 5
    /// Without a word of etcd's majority for so long, this server counts as cut off.
    package var cutOffAfter: Duration = .seconds(3)
    /// How much of the past etcd is told to keep; nil: others see to that.
    package var history: Duration? = .seconds(600)
    /// Behind so many entries the leader writes a snapshot.
    package var snapshotEntries = 4_096
    /// Or behind so many bytes, or as many as the last snapshot has, whichever is more.
    package var snapshotBytes = 8 << 20
    /// How often this server keeps a copy of the catalog on its disk, if it has changed.
    package var copyInterval: Duration = .seconds(30)
    /// How long a start waits for etcd when there is no copy on the disk.
    package var startTimeout: Duration = .seconds(30)
    /// True: registrations that come while this server is cut off are taken, and merged later.
    package var acceptsOfflineRegistrations = false

    package init(
        etcd: EtcdSettings,
        name: String,
        datacenter: String,
        member: ClusterMember,
        limits: CatalogLimits
    ) {
        self.etcd = etcd
        self.name = name
        self.datacenter = datacenter
        self.member = member
        self.limits = limits
    }
}
