extension Catalog {
    package var preparedQueryCount: Int { queryRecords.count }

    /// All prepared queries in order of id.
    package var preparedQueries: [PreparedQuery] {
        queryRecords.values.sorted { $0.id < $1.id }
    }

    package func preparedQuery(id: String) -> PreparedQuery? { queryRecords[Self.fold(id)] }

    /// The prepared query with a name, in any letter case; no template's prefix is looked at.
    package func preparedQuery(name: String) -> PreparedQuery? {
        queryNames.id(named: name).flatMap { queryRecords[$0] }
    }

    /// The prepared query that `name` asks for: the one with this id, else with this name, else the
    /// template with its longest prefix.
    ///
    /// A template has no meaning by its id.
    package func preparedQuery(answering name: String) throws(PreparedQueryError) -> PreparedQuery?
    {
        guard !name.isEmpty else { return nil }
        if let query = preparedQuery(id: name) {
            guard query.template == nil else { throw .templateAskedByID }
            return query
        }
        return preparedQuery(name: name)
            ?? queryNames.idOfTemplate(for: name).flatMap { queryRecords[$0] }
    }

    /// True when names that end in a dot and `end` may ask for a prepared query.
    ///
    /// A template's prefix may be followed by anything, dots included.
    package func mayHavePreparedQuery(endingIn end: String) -> Bool {
        queryNames.hasTemplates || queryNames.hasName(endingIn: end)
    }
}

// MARK: - Writing

extension Catalog {
    mutating func setPreparedQuery(
        _ new: PreparedQuery,
        _ delta: inout CatalogDelta
    ) throws(CatalogRejection) {
        let key = Self.fold(new.id)
        let old = queryRecords[key]
        try admit(new, key)
        if !new.session.isEmpty, session(new.session) == nil {
            throw .invalidSession(new.session)
        }
        if old == nil, queryRecords.count >= limits.preparedQueriesMax {
            throw .limitReached(what: "prepared queries", limit: limits.preparedQueriesMax)
        }
        var query = new
        query.createIndex = old?.createIndex ?? delta.index
        if let old, query.hasSameContent(as: old) { return }
        query.modifyIndex = delta.index
        if let old { queryNames.remove(old) }
        queryNames.insert(query)
        queryRecords.set(key, query)
        delta.note(.preparedQuery(old: old, new: query))
    }

    /// Refuses a name that leads to another query already, by whatever way.
    private func admit(_ new: PreparedQuery, _ key: String) throws(CatalogRejection) {
        if let other = queryNames.id(named: new.name), other != key {
            throw .preparedQueryNameTaken(new.name)
        }
        if new.name.isEmpty, new.template != nil, let other = queryNames.idOfWholeTemplate,
            other != key
        {
            throw .preparedQueryNameTaken("")
        }
        // Ids are looked up first: such a name would be another's, or its own.
        if !new.name.isEmpty, queryRecords[Self.fold(new.name)] != nil {
            throw .preparedQueryNameIsID(new.name)
        }
        if !new.session.isEmpty, session(new.session) == nil {
            throw .invalidSession(new.session)
        }
    }

    mutating func deletePreparedQuery(
        _ id: String,
        _ delta: inout CatalogDelta
    ) throws(CatalogRejection) {
        guard let old = queryRecords.remove(Self.fold(id)) else {
            throw .unknownPreparedQuery(id)
        }
        queryNames.remove(old)
        delta.note(.preparedQuery(old: old, new: nil))
    }

    /// Deletes what was bound to a session that ends.
    mutating func deletePreparedQueries(ofSession id: String, _ delta: inout CatalogDelta) {
        for key in queryNames.ids(ofSession: id) {
            guard let query = queryRecords.remove(key) else { continue }
            queryNames.remove(query)
            delta.note(.preparedQuery(old: query, new: nil))
        }
    }

    /// Takes a query that a store kept, with its indexes.
    mutating func restore(_ query: PreparedQuery) {
        queryNames.insert(query)
        queryRecords.set(Self.fold(query.id), query)
    }
}
