/// A key with its value, and the session that holds it as a lock.
package struct KeyValueEntry: Codable, Hashable, Sendable {
    /// Compared byte by byte: no letter case, no Unicode equivalence.
    package var key: String
    package var value: Base64Bytes
    /// The client's own number.
    package var flags: UInt64
    /// The id of the session that holds the lock.
    package var session: String?
    /// How often the lock was taken.
    package var lockIndex: UInt64
    package var createIndex: CatalogIndex
    package var modifyIndex: CatalogIndex

    package init(key: String, value: [UInt8] = [], flags: UInt64 = 0) {
        self.key = key
        self.value = Base64Bytes(value)
        self.flags = flags
        self.session = nil
        self.lockIndex = 0
        self.createIndex = 0
        self.modifyIndex = 0
    }

    /// True when both say the same, whenever they were written.
    package func hasSameContent(as other: KeyValueEntry) -> Bool {
        flags == other.flags && lockIndex == other.lockIndex && session == other.session
            && value == other.value
    }
}
