/// Finds prepared queries by name, by the beginning of a name and by its end, in any letter case,
/// and by session.
struct PreparedQueryNames: Sendable {
    /// The id of the query, template or not, with a folded name.
    private var ids: [String: String] = [:]
    /// The id of the template with a folded prefix, which may be empty.
    private var templates: [String: String] = [:]
    /// What stands after a dot in names, with the number of names: `b.c` and `c` of `a.b.c`.
    private var ends: [String: Int] = [:]
    /// The ids of the queries that are bound to a session.
    private var idsBySession: [String: Set<String>] = [:]

    func id(named name: String) -> String? { ids[Catalog.fold(name)] }

    var hasTemplates: Bool { !templates.isEmpty }

    /// The id of the template without a name, which matches every name.
    var idOfWholeTemplate: String? { templates[""] }

    /// The id of the template with the longest prefix of `name`.
    ///
    /// Cost: a look-up for each character, none while there is no template.
    func idOfTemplate(for name: String) -> String? {
        guard !templates.isEmpty else { return nil }
        var prefix = Catalog.fold(name)
        while true {
            if let id = templates[prefix] { return id }
            guard prefix.popLast() != nil else { return nil }
        }
    }

    /// True when a name ends in a dot and `end`.
    func hasName(endingIn end: String) -> Bool { ends[Catalog.fold(end)] != nil }

    /// The queries that end with a session.
    func ids(ofSession id: String) -> [String] { (idsBySession[Catalog.fold(id)] ?? []).sorted() }

    mutating func insert(_ query: PreparedQuery) {
        let name = Catalog.fold(query.name)
        let id = Catalog.fold(query.id)
        if !query.session.isEmpty {
            idsBySession[Catalog.fold(query.session), default: []].insert(id)
        }
        if query.template != nil { templates[name] = id }
        guard !name.isEmpty else { return }
        ids[name] = id
        for end in Self.ends(of: name) { ends[end, default: 0] += 1 }
    }

    mutating func remove(_ query: PreparedQuery) {
        let name = Catalog.fold(query.name)
        let session = Catalog.fold(query.session)
        idsBySession[session]?.remove(Catalog.fold(query.id))
        if idsBySession[session]?.isEmpty == true { idsBySession[session] = nil }
        if query.template != nil { templates[name] = nil }
        guard ids.removeValue(forKey: name) != nil else { return }
        for end in Self.ends(of: name) {
            let count = (ends[end] ?? 1) - 1
            ends[end] = count > 0 ? count : nil
        }
    }

    private static func ends(of name: String) -> [String] {
        name.indices.filter { name[$0] == "." }.map { String(name[name.index(after: $0)...]) }
    }
}
