/// One wish to change a key, or all keys below a prefix.
package enum KeyValueChange: Codable, Hashable, Sendable {
    case set(KeyValueWrite)
    /// Only if the key was last changed at `index`; 0: only if it is not there.
    case compareAndSet(KeyValueWrite, index: CatalogIndex)
    /// Writes and locks, unless another session holds the key.
    case acquire(KeyValueWrite, session: String)
    /// Writes and unlocks, if the session holds the key.
    case release(KeyValueWrite, session: String)
    case delete(key: String)
    /// Only if the key was last changed at `index`, or is not there.
    case compareAndDelete(key: String, index: CatalogIndex)
    /// Deletes all keys that begin with `prefix`.
    case deleteTree(prefix: String)

    /// The key, or the prefix.
    package var key: String {
        switch self {
        case .set(let write), .compareAndSet(let write, _), .acquire(let write, _),
            .release(let write, _):
            write.key
        case .delete(let key), .compareAndDelete(let key, _), .deleteTree(let key): key
        }
    }
}

/// What is written to a key.
package struct KeyValueWrite: Codable, Hashable, Sendable {
    package var key: String
    package var value: Base64Bytes
    package var flags: UInt64

    package init(key: String, value: [UInt8], flags: UInt64 = 0) {
        self.key = key
        self.value = Base64Bytes(value)
        self.flags = flags
    }
}
