/// A server of a cluster, as the others know it.
package struct ServerPresence: Hashable, Sendable {
    package var name: String
    /// A UUID.
    package var id: String
    package var address: String
    package var isAlive: Bool
    package var isLeader: Bool

    package init(name: String, id: String, address: String, isAlive: Bool, isLeader: Bool) {
        self.name = name
        self.id = id
        self.address = address
        self.isAlive = isAlive
        self.isLeader = isLeader
    }
}
