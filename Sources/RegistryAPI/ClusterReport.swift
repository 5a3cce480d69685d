/// How a server's cluster is: the body of `GET /cluster`.
package struct ClusterReport: Codable, Hashable, Sendable {
    /// A server, as it says of itself.
    package struct Member: Codable, Hashable, Sendable {
        package var name: String
        package var id: String
        package var address: String
        package var http: [String]
        package var version: String
        package var leader: Bool
        /// In milliseconds since 1970.
        package var started: Int
        /// How far its catalog was when it last said so.
        package var revision: UInt64

        package init(
            name: String,
            id: String,
            address: String,
            http: [String],
            version: String,
            leader: Bool,
            started: Int,
            revision: UInt64
        ) {
            self.name = name
            self.id = id
            self.address = address
            self.http = http
            self.version = version
            self.leader = leader
            self.started = started
            self.revision = revision
        }
    }

    /// The member of etcd that this server asks.
    package struct Etcd: Codable, Hashable, Sendable {
        package var endpoint: String
        package var version: String?
        /// Of its database.
        package var bytes: Int?
        /// Why it cannot be asked; nil when it can.
        package var problem: String?

        package init(endpoint: String, version: String?, bytes: Int?, problem: String?) {
            self.endpoint = endpoint
            self.version = version
            self.bytes = bytes
            self.problem = problem
        }
    }

    package var cluster: String
    /// A UUID; nil as long as etcd was never reached.
    package var id: String?
    /// The name of the server that says this.
    package var node: String
    /// Nil when nobody leads, or when this server cannot know.
    package var leader: String?
    package var members: [Member]
    /// How far this server's catalog is.
    package var revision: UInt64
    /// The index of its last change.
    package var index: UInt64
    /// Of all that the catalog holds: the same at two servers that hold the same.
    package var digest: String
    /// For how long nobody has confirmed that nothing is missing, in seconds.
    package var age: Double
    /// Why this server is cut off; nil when it is not.
    package var cutOff: String?
    /// Registrations that it has taken since, and that wait to be merged.
    package var taken: Int
    /// Entries of the log that the last snapshot does not have, and its revision.
    package var entries: Int
    package var snapshot: UInt64
    package var etcd: Etcd

    enum CodingKeys: String, CodingKey {
        case cluster, id, node, leader, members, revision, index, digest, age, taken, entries
        case snapshot, etcd
        case cutOff = "cut_off"
    }

    package init(
        cluster: String,
        id: String?,
        node: String,
        leader: String?,
        members: [Member],
        revision: UInt64,
        index: UInt64,
        digest: String,
        age: Double,
        cutOff: String?,
        taken: Int,
        entries: Int,
        snapshot: UInt64,
        etcd: Etcd
    ) {
        self.cluster = cluster
        self.id = id
        self.node = node
        self.leader = leader
        self.members = members
        self.revision = revision
        self.index = index
        self.digest = digest
        self.age = age
        self.cutOff = cutOff
        self.taken = taken
        self.entries = entries
        self.snapshot = snapshot
        self.etcd = etcd
    }
}
