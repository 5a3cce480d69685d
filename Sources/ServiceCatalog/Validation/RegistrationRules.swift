internal import DNSWire

/// What names, addresses, ports and texts of a registration must look like.
///
/// Why two dialects: the native API refuses at the door whatever could not be asked for over DNS;
/// Consul's clients register names and tags that DNS cannot carry and expect that to work.
package struct RegistrationRules: Sendable {
    /// Whose clients register.
    package enum Dialect: Hashable, Sendable {
        case native
        case consul
    }

    package var dialect: Dialect
    package var limits: CatalogLimits

    package init(_ dialect: Dialect, limits: CatalogLimits) {
        self.dialect = dialect
        self.limits = limits
    }

    /// A label of a DNS name (RFC 1035 §2.3.4).
    private static let labelBytesMax = 63
    private static let hostBytesMax = 253
    private static let consulNameBytesMax = 255
    private static let idBytesMax = 512
    /// Room must be left for the service's name and the domain.
    private static let tagBytesMax = 190
}

// MARK: - Names

extension RegistrationRules {
    /// The name of a service or of a node.
    package func checkName(_ name: String, field: String) throws(FieldError) {
        guard !name.isEmpty else { throw FieldError(field, "must not be empty") }
        switch dialect {
        case .native: try checkLabel(name, field: field)
        case .consul:
            try checkText(name, field: field, bytesMax: Self.consulNameBytesMax)
        }
    }

    /// The id of an instance or of a check.
    package func checkID(_ id: String, field: String) throws(FieldError) {
        guard !id.isEmpty else { throw FieldError(field, "must not be empty") }
        try checkText(id, field: field, bytesMax: Self.idBytesMax)
        if dialect == .native, id.utf8.first == UInt8(ascii: " ") || id.utf8.last == 0x20 {
            throw FieldError(field, "must not begin or end with a space")
        }
    }

    package func checkTags(_ tags: [String], field: String) throws(FieldError) {
        guard tags.count <= limits.tagsPerInstanceMax else {
            throw FieldError(
                field,
                "must not have more than \(limits.tagsPerInstanceMax) tags",
                limit: "limits.tags_per_instance_max"
            )
        }
        for (position, tag) in tags.enumerated() {
            try checkTag(tag, field: "\(field)[\(position)]")
        }
        if dialect == .native, tags.count > 1, Set(tags).count != tags.count {
            throw FieldError(field, "must not have a tag twice")
        }
    }

    private func checkTag(
        _ tag: String,
        field: @autoclosure () -> String
    ) throws(FieldError) {
        guard dialect == .native else {
            guard !Self.isText(tag, bytesMax: limits.textBytesMax) else { return }
            return try checkText(tag, field: field())
        }
        guard !Self.isLabel(tag) else { return }
        let field = field()
        guard tag.utf8.count <= Self.tagBytesMax else {
            throw FieldError(field, "must not be longer than \(Self.tagBytesMax) bytes")
        }
        for part in tag.split(separator: ".", omittingEmptySubsequences: false) {
            do {
                try checkLabel(String(part), field: field)
            } catch {
                throw FieldError(
                    field,
                    "must be DNS labels (letters, digits, \"-\", \"_\", 1 to 63 bytes each), joined by dots",
                    hint: "what is not to be asked for over DNS goes into metadata"
                )
            }
        }
    }

    /// One label that resolvers and programs accept without quoting.
    private func checkLabel(_ label: String, field: String) throws(FieldError) {
        guard !Self.isLabel(label) else { return }
        let bytes = label.utf8.count
        guard bytes <= Self.labelBytesMax else {
            throw FieldError(
                field,
                "must not be longer than \(Self.labelBytesMax) bytes, it has \(bytes)",
                hint: "it becomes one label of a DNS name"
            )
        }
        if let wrong = label.first(where: { !$0.utf8.allSatisfy(Self.isLabelByte) }) {
            throw FieldError(
                field,
                "must consist of letters, digits, \"-\" and \"_\", it has \(Self.quoted(wrong))",
                hint: "it becomes one label of a DNS name"
            )
        }
        guard bytes > 0 else { throw FieldError(field, "must not be empty") }
    }

    /// What `checkLabel` takes; what it refuses is looked at more slowly, for the message.
    private static func isLabel(_ text: String) -> Bool {
        (1...labelBytesMax).contains(text.utf8.count) && text.utf8.allSatisfy(isLabelByte)
    }

    /// Characters as a person can read them in a message.
    private static func quoted(_ character: Character) -> String {
        guard let scalar = character.unicodeScalars.first,
            scalar.value < 0x20 || scalar.value == 0x7F
        else { return character == " " ? "a space" : "\"\(character)\"" }
        return "the control character \(scalar.value)"
    }
}

// MARK: - Texts and maps

extension RegistrationRules {
    /// A text for people or programs: bounded, without control characters.
    package func checkText(
        _ text: String,
        field: String,
        bytesMax: Int? = nil,
        limit: String? = nil
    ) throws(FieldError) {
        let limit = bytesMax == nil ? "limits.text_bytes_max" : limit
        let bytesMax = bytesMax ?? limits.textBytesMax
        guard !Self.isText(text, bytesMax: bytesMax) else { return }
        guard text.utf8.count <= bytesMax else {
            throw FieldError(
                field,
                "must not be longer than \(bytesMax) bytes, it has \(text.utf8.count)",
                limit: limit
            )
        }
        throw FieldError(field, "must not have control characters")
    }

    private static func isText(_ text: String, bytesMax: Int) -> Bool {
        text.utf8.count <= bytesMax && text.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7F }
    }

    /// The pairs of an instance's or a node's meta.
    package func checkMeta(_ meta: [String: String], field: String) throws(FieldError) {
        guard meta.count <= limits.metaPairsMax else {
            throw FieldError(
                field,
                "must not have more than \(limits.metaPairsMax) pairs",
                limit: "limits.meta_pairs_max"
            )
        }
        guard !meta.allSatisfy({ isFine($0.key, $0.value) }) else { return }
        // The first wrong one in order of keys is named, however the pairs stand in memory.
        for (key, value) in meta.sorted(by: { $0.key < $1.key }) {
            let path = "\(field).\(key)"
            guard !key.isEmpty, key.utf8.count <= limits.metaKeyBytesMax else {
                throw FieldError(
                    field,
                    "must have keys of 1 to \(limits.metaKeyBytesMax) bytes",
                    limit: key.isEmpty ? nil : "limits.meta_key_bytes_max"
                )
            }
            guard key.utf8.allSatisfy(Self.isLabelByte) else {
                throw FieldError(
                    path,
                    "must have a key of letters, digits, \"-\" and \"_\" only"
                )
            }
            if dialect == .consul, key.hasPrefix("consul-") {
                throw FieldError(path, "must not begin with \"consul-\", which is reserved")
            }
            guard value.utf8.count <= limits.metaValueBytesMax else {
                throw FieldError(
                    path,
                    "must not be longer than \(limits.metaValueBytesMax) bytes, "
                        + "it has \(value.utf8.count)",
                    limit: "limits.meta_value_bytes_max"
                )
            }
        }
    }

    /// What `checkMeta` takes.
    private func isFine(_ key: String, _ value: String) -> Bool {
        (1...limits.metaKeyBytesMax).contains(key.utf8.count)
            && key.utf8.allSatisfy(Self.isLabelByte)
            && !(dialect == .consul && key.hasPrefix("consul-"))
            && value.utf8.count <= limits.metaValueBytesMax
    }
}

// MARK: - Addresses and numbers

extension RegistrationRules {
    /// An IP address or a host name that clients can connect to.
    package func checkHost(_ host: String, field: String) throws(FieldError) {
        guard !host.isEmpty else { throw FieldError(field, "must not be empty") }
        if let address = IPAddress(host) {
            guard !address.isUnspecified else {
                throw FieldError(
                    field,
                    "must be an address that clients can connect to, not \(host)",
                    hint: "give the address of the host"
                )
            }
            return
        }
        guard Self.isHostName(host) else {
            throw FieldError(
                field,
                "must be an IP address or a host name of at most \(Self.hostBytesMax) bytes",
                hint: Self.hint(forHost: host)
            )
        }
    }

    /// True for dot-separated labels of letters, digits, `-` and `_` that do not end in a number.
    ///
    /// Why: `10.0.0.999` is a mistyped address, not a name.
    package static func isHostName(_ host: String) -> Bool {
        let name = host.hasSuffix(".") ? host.dropLast() : host[...]
        guard !name.isEmpty, name.utf8.count <= hostBytesMax else { return false }
        let labels = name.split(separator: ".", omittingEmptySubsequences: false)
        guard
            labels.allSatisfy({ label in
                (1...labelBytesMax).contains(label.utf8.count)
                    && label.utf8.allSatisfy(isLabelByte)
                    && label.utf8.first != UInt8(ascii: "-")
                    && label.utf8.last != UInt8(ascii: "-")
            })
        else { return false }
        return labels.last.map { !$0.utf8.allSatisfy { (0x30...0x39).contains($0) } } ?? false
    }

    private static func hint(forHost host: String) -> String? {
        if host.contains("://") { return "give the host alone, without a scheme" }
        if host.hasPrefix("[") { return "give the IPv6 address without brackets" }
        if host.contains("/") { return "give the host alone, without a path or prefix length" }
        guard let colon = host.lastIndex(of: ":") else { return nil }
        let before = String(host[..<colon])
        return IPAddress(before) != nil || isHostName(before)
            ? "the port is a field of its own" : nil
    }

    package func checkPort(_ port: Int, field: String) throws(FieldError) {
        let lowest = dialect == .native ? 1 : 0
        guard (lowest...65_535).contains(port) else {
            throw FieldError(field, "must be from \(lowest) to 65535, not \(port)")
        }
    }

    /// SRV weights have 16 bits (RFC 2782).
    package func checkWeights(_ weights: ServiceWeights, field: String) throws(FieldError) {
        guard (1...65_535).contains(weights.passing) else {
            throw FieldError("\(field).passing", "must be from 1 to 65535, not \(weights.passing)")
        }
        guard (0...65_535).contains(weights.warning) else {
            throw FieldError("\(field).warning", "must be from 0 to 65535, not \(weights.warning)")
        }
    }
}

extension RegistrationRules {
    /// True for what a label may have without surprising anybody: `A-Z a-z 0-9 - _`.
    private static func isLabelByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"):
            true
        default: false
        }
    }
}
