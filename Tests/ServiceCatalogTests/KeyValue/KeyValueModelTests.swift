import Testing

@testable import ServiceCatalog

/// Keys and sessions in the simplest possible way.
private struct KeyValueModel: Equatable {
    struct Entry: Equatable {
        var value: [UInt8]
        var session: String?
        var lockIndex: UInt64
        var modifyIndex: CatalogIndex
    }

    var entries: [String: Entry] = [:]
    /// By id: true when the keys are deleted at the end.
    var sessions: [String: Bool] = [:]

    /// False: refused.
    mutating func apply(_ change: KeyValueChange, at index: CatalogIndex) -> Bool {
        let old = entries[change.key]
        switch change {
        case .set(let write): self.write(write, index)
        case .compareAndSet(let write, let expected):
            guard (old?.modifyIndex ?? 0) == expected else { return false }
            self.write(write, index)
        case .acquire(let write, let session):
            guard sessions[session] != nil, old?.session == nil || old?.session == session else {
                return false
            }
            self.write(write, index, session: session)
        case .release(let write, let session):
            guard let old, old.session == session else { return false }
            self.write(write, index, session: "")
        case .delete(let key): entries[key] = nil
        case .compareAndDelete(let key, let expected):
            guard old == nil || old?.modifyIndex == expected else { return false }
            entries[key] = nil
        case .deleteTree(let prefix):
            entries = entries.filter { !$0.key.hasPrefix(prefix) }
        }
        return true
    }

    private mutating func write(
        _ write: KeyValueWrite,
        _ index: CatalogIndex,
        session: String? = nil
    ) {
        let old = entries[write.key]
        var new = old ?? Entry(value: [], session: nil, lockIndex: 0, modifyIndex: index)
        new.value = write.value.bytes
        if let session {
            if !session.isEmpty, new.session == nil { new.lockIndex += 1 }
            new.session = session.isEmpty ? nil : session
        }
        if new != old { new.modifyIndex = index }
        entries[write.key] = new
    }

    mutating func endSession(_ id: String, at index: CatalogIndex) {
        guard let deletes = sessions.removeValue(forKey: id) else { return }
        for (key, entry) in entries where entry.session == id {
            entries[key]?.session = nil
            entries[key]?.modifyIndex = index
            if deletes { entries[key] = nil }
        }
    }
}

@Suite("Key-value against a model")
struct KeyValueModelTests {
    private let keys = ["a", "a/", "a/b", "a/b/c", "a/c", "b", "b/a", "c"]

    private func randomChange(
        _ catalog: Catalog,
        _ random: inout SplitMix
    ) -> KeyValueChange {
        let key = keys.randomElement(using: &random) ?? "a"
        let write = KeyValueWrite(key: key, value: [UInt8.random(in: 0...2, using: &random)])
        let session = "s\(Int.random(in: 0...3, using: &random))"
        let index =
            Bool.random(using: &random) ? catalog.entry(key)?.modifyIndex ?? 0 : 3
        return switch Int.random(in: 0..<12, using: &random) {
        case 0...2: .set(write)
        case 3, 4: .compareAndSet(write, index: index)
        case 5, 6, 7: .acquire(write, session: session)
        case 8: .release(write, session: session)
        case 9: .delete(key: key)
        case 10: .compareAndDelete(key: key, index: index)
        default:
            Int.random(in: 0..<4, using: &random) == 0
                ? .deleteTree(prefix: key) : .set(write)
        }
    }

    private func state(of catalog: Catalog) -> KeyValueModel {
        var model = KeyValueModel()
        for entry in catalog.entries {
            model.entries[entry.key] = KeyValueModel.Entry(
                value: entry.value.bytes,
                session: entry.session,
                lockIndex: entry.lockIndex,
                modifyIndex: entry.modifyIndex
            )
        }
        for session in catalog.sessions { model.sessions[session.id] = session.behavior == .delete }
        return model
    }

    @Test("random writes, sessions and transactions", arguments: 1...8)
    func random(seed: Int) throws {
        var random = SplitMix(state: UInt64(seed))
        var catalog = try Catalog.withNode()
        var model = KeyValueModel()
        var prefixIndexes: [String: CatalogIndex] = [:]
        for step in 0..<1_500 {
            let index = CatalogIndex(step + 10)
            let id = "s\(Int.random(in: 0...3, using: &random))"
            switch Int.random(in: 0..<10, using: &random) {
            case 0:
                let behavior: Session.Behavior = Bool.random(using: &random) ? .delete : .release
                let session = Session(id: id, node: "n1", behavior: behavior)
                if (try? catalog.apply(.createSession(session), at: index)) != nil {
                    model.sessions[id] = behavior == .delete
                }
            case 1:
                _ = try catalog.apply(.endSession(id: id, onlyIf: nil), at: index)
                model.endSession(id, at: index)
            case 2...4:
                let changes = (0..<Int.random(in: 1...4, using: &random)).map { _ in
                    randomChange(catalog, &random)
                }
                var after = model
                let isDone = changes.allSatisfy { after.apply($0, at: index) }
                let operations = changes.map { TransactionOperation.keyValue(.change($0)) }
                let wasDone = (try? catalog.apply(.transaction(operations), at: index)) != nil
                #expect(wasDone == isDone)
                if isDone { model = after }
            default:
                let change = randomChange(catalog, &random)
                var after = model
                let isDone = after.apply(change, at: index)
                #expect(((try? catalog.apply(.keyValue(change), at: index)) != nil) == isDone)
                if isDone { model = after }
            }
            #expect(state(of: catalog) == model)
            for prefix in ["", "a", "a/", "a/b/", "c"] {
                let new = catalog.index(of: .keyPrefix(prefix))
                #expect(new >= prefixIndexes[prefix] ?? 1)
                #expect(new <= catalog.index)
                prefixIndexes[prefix] = new
            }
        }
        var copy = Catalog(datacenter: "dc1")
        copy.restore(catalog.contents, index: catalog.index)
        #expect(copy.contents == catalog.contents)
    }
}
