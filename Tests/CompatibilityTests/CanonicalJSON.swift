import TestSupport

/// Brings a body to a form that two servers can agree on.
///
/// Out go indexes, random ids, what is empty, and what a server says about its own node only.
struct CanonicalJSON {
    let server: ServerUnderTest
    /// The server's own node, service and check stay.
    var keepsSelf = false
    /// Empty values of the outermost object stay.
    var keepsEmptyAtTop = false
    /// The fields that the case leaves out.
    var ignored: Set<String> = []

    init(_ server: ServerUnderTest, _ options: Scenario.Case) {
        self.server = server
        keepsSelf = options["keep_self"].isTrue
        ignored = Set(options.texts("ignore"))
        let path = options["get"].text ?? options["block"]["path"].text ?? ""
        keepsEmptyAtTop = path.hasPrefix("/v1/catalog/services") || options["keys"].isTrue
    }

    /// Fields of parts of Consul outside registration, health and DNS, or that cannot be equal.
    static let unequal: Set = [
        "CreateIndex", "ModifyIndex", "LockIndex", "ContentHash", "RaftIndex", "Proxy", "Connect",
        "ServiceProxy", "ServiceConnect", "Namespace", "Partition", "PeerName", "Locality",
        "Definition", "ExposedPort", "Interval", "Timeout", "EnterpriseMeta", "SocketPath",
        "ServiceSocketPath", "ServiceLocality",
    ]

    func form(of value: JSON) -> JSON { form(of: value, isTop: true) }

    private func form(of value: JSON, isTop: Bool) -> JSON {
        switch value {
        case .object(let members): object(members, isTop: isTop)
        case .list(let elements): list(elements)
        case .text(let text): .text(word(text))
        default: value
        }
    }

    private func object(_ members: [String: JSON], isTop: Bool) -> JSON {
        if !keepsSelf, members["CheckID"] == .text("serfHealth") { return .null }
        let isSelf = isServer(members)
        var form: [String: JSON] = [:]
        for (name, value) in members {
            if Self.unequal.contains(name) || ignored.contains(name) { continue }
            if name == "ID", case .text(let id) = value, Self.isUUID(id) { continue }
            let isOwnNode = isSelf && !keepsSelf && members["Address"] != nil
            if isOwnNode, ["TaggedAddresses", "NodeMeta", "Meta"].contains(name) { continue }
            if name == "consul", !keepsSelf { continue }
            let inner = self.form(of: value, isTop: false)
            let isEmpty = Self.isEmpty(inner)
            if isEmpty, !(isTop && keepsEmptyAtTop) { continue }
            let key = name == ServerUnderTest.nodeName ? "@self" : name
            form[key] = isEmpty ? .list([]) : inner
        }
        return .object(form)
    }

    private func list(_ elements: [JSON]) -> JSON {
        let forms = elements.compactMap { element -> JSON? in
            let isOwnService =
                element["ServiceName"] == .text("consul") || element["Service"] == .text("consul")
                || element["Service"]["Service"] == .text("consul")
            if !keepsSelf, isOwnService { return nil }
            let inner = form(of: element, isTop: false)
            return inner == .null && element != .null ? nil : inner
        }
        return .list(forms)
    }

    private func word(_ text: String) -> String {
        switch text {
        case ServerUnderTest.nodeName: "@self"
        case server.address: "@selfaddr"
        case ServerUnderTest.datacenter: "@dc"
        default:
            withoutCheckTarget(text)
                .replacing("\(ServerUnderTest.nodeName).node.", with: "@self.node.")
        }
    }

    private func withoutCheckTarget(_ text: String) -> String {
        guard let target = server.checkTarget else { return text }
        return text.replacing(target.address, with: "@hc")
    }

    private func isServer(_ members: [String: JSON]) -> Bool {
        ["Node", "Name"].contains { name in
            let value = members[name]
            return (value?.member("Node") ?? value) == .text(ServerUnderTest.nodeName)
        }
    }

    private static func isEmpty(_ value: JSON) -> Bool {
        switch value {
        case .null, .bool(false), .text(""), .number(0), .list([]), .object([:]): true
        default: false
        }
    }

    private static func isUUID(_ text: String) -> Bool {
        text.wholeMatch(of: /[0-9A-Fa-f]{8}-([0-9A-Fa-f]{4}-){3}[0-9A-Fa-f]{12}/) != nil
    }
}

// MARK: - Shape

extension CanonicalJSON {
    private static let openMaps = [
        "Meta", "TaggedAddresses", "Services", "NodeMeta", "ServiceMeta",
    ]

    /// The paths of all fields; elements of lists are one, and so are those of maps.
    static func shape(of value: JSON, path: String = "") -> Set<String> {
        switch value {
        case .object(let members):
            let isOpen = openMaps.contains { path.hasSuffix($0) }
            return members.filter { !unequal.contains($0.key) }.reduce(into: []) { paths, member in
                let inner = path + "/" + (isOpen ? "*" : member.key)
                paths.insert(inner)
                paths.formUnion(shape(of: member.value, path: inner))
            }
        case .list(let elements):
            return elements.reduce(into: []) { $0.formUnion(shape(of: $1, path: path + "[]")) }
        default: return []
        }
    }
}
