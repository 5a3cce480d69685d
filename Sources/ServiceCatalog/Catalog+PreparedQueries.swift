extension Catalog {
    package var preparedQueryCount: Int { queryRecords.count }

    /// All prepared queries in order of id.
    package var preparedQueries: [PreparedQuery] {
        queryRecords.values.sorted { $0.id < $1.id }
    }

    package func preparedQuery(id: String) -> PreparedQuery? { queryRecords[Self.fold(id)] }

    /// The prepared query with a name, in any letter case; no template is looked at.
    package func preparedQuery(name: String) -> PreparedQuery? {
        queriesByName[Self.fold(name)].flatMap { queryRecords[$0] }
    }

    mutating func setPreparedQuery(
        _ new: PreparedQuery,
        _ delta: inout CatalogDelta
    ) throws(CatalogRejection) {
        let key = Self.fold(new.id)
        let name = Self.fold(new.name)
        let old = queryRecords[key]
        if !name.isEmpty, let other = queriesByName[name], other != key {
            throw .preparedQueryNameTaken(new.name)
        }
        if old == nil, queryRecords.count >= limits.preparedQueriesMax {
            throw .limitReached(what: "prepared queries", limit: limits.preparedQueriesMax)
        }
        var query = new
        query.createIndex = old?.createIndex ?? delta.index
        if let old, query.hasSameContent(as: old) { return }
        query.modifyIndex = delta.index
        if let old { queriesByName[Self.fold(old.name)] = nil }
        if !name.isEmpty { queriesByName[name] = key }
        queryRecords[key] = query
        delta.note(.preparedQuery(old: old, new: query))
    }

    mutating func deletePreparedQuery(
        _ id: String,
        _ delta: inout CatalogDelta
    ) throws(CatalogRejection) {
        guard let old = queryRecords.removeValue(forKey: Self.fold(id)) else {
            throw .unknownPreparedQuery(id)
        }
        queriesByName[Self.fold(old.name)] = nil
        delta.note(.preparedQuery(old: old, new: nil))
    }
}
