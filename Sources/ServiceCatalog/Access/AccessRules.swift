/// What the rules of one or several policies grant.
///
/// The rule about the exact name wins over prefixes, the longest prefix over shorter ones.
package struct AccessRules: Hashable, Sendable {
    /// The rules about one resource.
    fileprivate struct Section: Hashable, Sendable {
        var exact: [String: AccessLevel] = [:]
        /// The longest first.
        var prefixes: [Prefix] = []
        /// For a resource without names.
        var whole: AccessLevel?
    }

    fileprivate struct Prefix: Hashable, Sendable {
        var bytes: [UInt8]
        var level: AccessLevel
    }

    private var sections: [Permission.Resource: Section] = [:]

    /// No rules at all.
    package init() {}

    package var isEmpty: Bool { sections.isEmpty }

    /// Adds a rule about a resource that has no names.
    package mutating func add(_ resource: Permission.Resource, _ level: AccessLevel) {
        let old = sections[resource, default: Section()].whole
        sections[resource, default: Section()].whole = old?.joined(level) ?? level
    }

    /// Adds a rule about one name.
    package mutating func add(
        _ resource: Permission.Resource,
        named name: String,
        _ level: AccessLevel
    ) {
        let key = resource.foldsNames ? name.lowercased() : name
        let old = sections[resource, default: Section()].exact[key]
        sections[resource, default: Section()].exact[key] = old?.joined(level) ?? level
    }

    /// Adds a rule about all names that begin with `prefix`; every name does with an empty one.
    package mutating func add(
        _ resource: Permission.Resource,
        prefix: String,
        _ level: AccessLevel
    ) {
        let bytes = Array((resource.foldsNames ? prefix.lowercased() : prefix).utf8)
        var prefixes = sections[resource, default: Section()].prefixes
        let position = prefixes.firstIndex { $0.bytes.count <= bytes.count } ?? prefixes.count
        let peers = prefixes[position...].prefix { $0.bytes.count == bytes.count }
        if let same = peers.firstIndex(where: { $0.bytes == bytes }) {
            prefixes[same].level = prefixes[same].level.joined(level)
        } else {
            prefixes.insert(Prefix(bytes: bytes, level: level), at: position)
        }
        sections[resource, default: Section()].prefixes = prefixes
    }

    /// Adds all rules of another policy.
    package mutating func join(_ other: AccessRules) {
        for (resource, section) in other.sections {
            if let whole = section.whole { add(resource, whole) }
            for (name, level) in section.exact { add(resource, named: name, level) }
            for prefix in section.prefixes {
                add(resource, prefix: String(decoding: prefix.bytes, as: UTF8.self), prefix.level)
            }
        }
    }

    /// True when no name is denied; `byDefault` holds for names that no rule is about.
    func allowsAll(
        _ resource: Permission.Resource,
        _ level: AccessLevel,
        byDefault: Bool
    ) -> Bool {
        guard let section = sections[resource] else { return byDefault }
        return section.exact.values.allSatisfy { $0.includes(level) }
            && section.prefixes.allSatisfy { $0.level.includes(level) }
            && (byDefault || section.prefixes.contains { $0.bytes.isEmpty })
    }

    /// What they say about `permission`; nil when they say nothing, and the default decides.
    package func decide(_ permission: Permission) -> Bool? {
        guard let section = sections[permission.resource] else { return nil }
        guard permission.resource.isNamed else {
            return section.whole?.includes(permission.level)
        }
        let name =
            permission.resource.foldsNames ? permission.name.lowercased() : permission.name
        if permission.isAboutPrefix { return section.decide(prefix: name, permission.level) }
        if let level = section.exact[name] { return level.includes(permission.level) }
        return section.prefix(of: name)?.level.includes(permission.level)
    }
}

extension AccessRules.Section {
    /// The longest prefix of `name`.
    fileprivate func prefix(of name: String) -> AccessRules.Prefix? {
        prefixes.first { name.utf8.starts(with: $0.bytes) }
    }

    /// About all names below `prefix`: one that is denied denies all.
    fileprivate func decide(prefix: String, _ level: AccessLevel) -> Bool? {
        let bytes = Array(prefix.utf8)
        let isDeniedBelow =
            exact.contains { $0.key.utf8.starts(with: bytes) && !$0.value.includes(level) }
            || prefixes.contains { $0.bytes.starts(with: bytes) && !$0.level.includes(level) }
        if isDeniedBelow { return false }
        return self.prefix(of: prefix)?.level.includes(level)
    }
}
