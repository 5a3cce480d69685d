/// The promise to renew: an instance whose lease runs out is removed.
package struct Lease: Codable, Hashable, Sendable {
    package var id: String
    package var ttlMilliseconds: Int

    package init(id: String, ttlMilliseconds: Int) {
        self.id = id
        self.ttlMilliseconds = ttlMilliseconds
    }
}
