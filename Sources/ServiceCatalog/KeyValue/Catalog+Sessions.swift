extension Catalog {
    package var sessionCount: Int { sessionRecords.count }

    /// All sessions in order of id.
    package var sessions: [Session] { sessionRecords.values.sorted { $0.id < $1.id } }

    package func session(_ id: String) -> Session? { sessionRecords[Self.fold(id)] }

    /// The sessions of a node in order of id.
    package func sessions(onNode name: String) -> [Session] {
        (sessionsByNode[Self.fold(name)] ?? []).sorted().compactMap { sessionRecords[$0] }
    }

    mutating func createSession(
        _ new: Session,
        _ delta: inout CatalogDelta
    ) throws(CatalogRejection) {
        guard let node = node(new.node) else { throw .unknownNode(new.node) }
        for id in new.checkIDs.sorted() {
            let key = CheckKey(node: node.name, id: id)
            guard let check = check(key) else { throw .unknownCheck(key) }
            guard check.status != .critical else { throw .checkIsCritical(key) }
        }
        guard sessionRecords.count < limits.sessionsMax else {
            throw .limitReached(what: "sessions", limit: limits.sessionsMax)
        }
        guard sessionRecords[Self.fold(new.id)] == nil else { throw .invalidSession(new.id) }
        var session = new
        session.node = node.name
        session.createIndex = delta.index
        session.modifyIndex = delta.index
        file(session)
        delta.note(.session(old: nil, new: session))
    }

    /// Ends a session, and with it its locks and its prepared queries.
    mutating func endSession(_ id: String, _ delta: inout CatalogDelta) {
        guard let session = sessionRecords[Self.fold(id)] else { return }
        unfile(session)
        delta.note(.session(old: session, new: nil))
        let delay = min(session.lockDelayMilliseconds, Self.lockDelayMillisecondsMax)
        for key in keys.keys(heldBy: session.id) {
            guard let entry = keys.find(key) else { continue }
            switch session.behavior {
            case .release:
                var released = entry
                released.session = nil
                put(released, over: entry, &delta)
            case .delete:
                remove(entry, &delta)
            }
            if delay > 0 {
                delta.lockDelays.append(CatalogDelta.LockDelay(key: key, milliseconds: delay))
            }
        }
        deletePreparedQueries(ofSession: session.id, &delta)
    }

    private static var lockDelayMillisecondsMax: Int { 60_000 }

    /// Ends the sessions that depend on a check that became critical or is gone.
    mutating func endSessions(dependingOn check: HealthCheck, _ delta: inout CatalogDelta) {
        guard !sessionsByCheck.isEmpty else { return }
        let key = CheckKey(node: Self.fold(check.node), id: check.id)
        guard let ids = sessionsByCheck[key] else { return }
        for id in ids.sorted() { endSession(id, &delta) }
    }

    mutating func endSessions(onNode name: String, _ delta: inout CatalogDelta) {
        guard let ids = sessionsByNode[Self.fold(name)] else { return }
        for id in ids.sorted() { endSession(id, &delta) }
    }

    /// Writes a session as it is.
    mutating func file(_ session: Session) {
        let id = Self.fold(session.id)
        sessionRecords.set(id, session)
        sessionsByNode.insert(id, into: Self.fold(session.node))
        for check in session.checkIDs {
            sessionsByCheck.insert(id, into: CheckKey(node: Self.fold(session.node), id: check))
        }
    }

    /// Removes a session and nothing else.
    mutating func unfile(_ session: Session) {
        let id = Self.fold(session.id)
        let node = Self.fold(session.node)
        sessionRecords.remove(id)
        sessionsByNode.remove(id, from: node)
        for check in session.checkIDs {
            sessionsByCheck.remove(id, from: CheckKey(node: node, id: check))
        }
    }
}
