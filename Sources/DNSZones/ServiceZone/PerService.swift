/// Values of services: by exact name, else by the longest `prefix*`.
///
/// Names and prefixes are in lower case, prefixes without the `*`.
package struct PerService<Value: Hashable & Sendable>: Hashable, Sendable {
    package var exact: [String: Value]
    package var prefixes: [String: Value]

    package init(exact: [String: Value] = [:], prefixes: [String: Value] = [:]) {
        self.exact = exact
        self.prefixes = prefixes
    }

    /// The value for `service`, in any letter case; nil when no name or prefix fits.
    package subscript(service: String) -> Value? {
        guard !exact.isEmpty || !prefixes.isEmpty else { return nil }
        let name = service.lowercased()
        if let value = exact[name] { return value }
        return prefixes.filter { name.hasPrefix($0.key) }
            .max { $0.key.utf8.count < $1.key.utf8.count }?.value
    }
}

/// TTLs of services: by exact name, else by the longest `prefix*`, else the default.
package struct ServiceTTL: Hashable, Sendable {
    package var defaultSeconds: UInt32
    package var perService: PerService<UInt32>

    package init(
        defaultSeconds: UInt32 = 5,
        exact: [String: UInt32] = [:],
        prefixes: [String: UInt32] = [:]
    ) {
        self.defaultSeconds = defaultSeconds
        self.perService = PerService(exact: exact, prefixes: prefixes)
    }

    /// The TTL in seconds of answers about `service`; never below 1.
    package func seconds(_ service: String) -> UInt32 {
        max(1, perService[service] ?? defaultSeconds)
    }
}

/// How many records an answer about a service gives, where somebody chose that it be less than
/// all.
package struct ServiceAnswerLimits: Hashable, Sendable {
    /// A and AAAA records, whatever the transport; 0 for all.
    package var addressesMax: Int
    package var addressesMaxPerService: PerService<Int>
    /// Records of any type in a UDP reply of at most 512 bytes; 0 for all that fit.
    package var smallReplyMax: Int

    package init(
        addressesMax: Int = 0,
        addressesMaxPerService: PerService<Int> = PerService(),
        smallReplyMax: Int = 0
    ) {
        self.addressesMax = addressesMax
        self.addressesMaxPerService = addressesMaxPerService
        self.smallReplyMax = smallReplyMax
    }

    /// The limit of A and AAAA records about `service`; 0 for none.
    func addressesMax(_ service: String) -> Int {
        addressesMaxPerService[service] ?? addressesMax
    }
}
