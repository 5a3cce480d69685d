extension Catalog {
    /// Why an operation fails, for the client.
    struct OperationFailure: Error {
        var message: String

        init(_ message: String) { self.message = message }
    }

    /// Does all `operations` in order, or none.
    ///
    /// Each sees what those before it did. After a failure the others are still tried, so that the
    /// client learns of all that is wrong.
    mutating func transact(
        _ operations: [TransactionOperation],
        _ delta: inout CatalogDelta
    ) throws(CatalogRejection) {
        guard operations.count <= limits.operationsPerTransactionMax else {
            throw .limitReached(
                what: "operations of a transaction",
                limit: limits.operationsPerTransactionMax
            )
        }
        delta.vanished = VanishedRecords()
        var results: [TransactionResult] = []
        var failures: [TransactionFailure] = []
        for (number, operation) in operations.enumerated() {
            do throws(OperationFailure) {
                results += try perform(operation, &delta)
            } catch {
                failures.append(TransactionFailure(operation: number, message: error.message))
            }
        }
        guard failures.isEmpty else {
            undo(delta)
            throw .transactionFailed(failures)
        }
        delta.vanished = nil
        delta.results = results
    }

    /// Runs operations that only read.
    ///
    /// - Throws: `CatalogRejection.transactionFailed`, also for an operation that writes.
    package func read(
        _ operations: [TransactionOperation]
    ) throws(CatalogRejection) -> [TransactionResult] {
        var results: [TransactionResult] = []
        var failures: [TransactionFailure] = []
        for (number, operation) in operations.enumerated() {
            do throws(OperationFailure) {
                guard let found = try readResult(of: operation) else {
                    throw OperationFailure("the operation writes")
                }
                results += found
            } catch {
                failures.append(TransactionFailure(operation: number, message: error.message))
            }
        }
        guard failures.isEmpty else { throw .transactionFailed(failures) }
        return results
    }

    private mutating func perform(
        _ operation: TransactionOperation,
        _ delta: inout CatalogDelta
    ) throws(OperationFailure) -> [TransactionResult] {
        if let results = try readResult(of: operation) { return results }
        switch operation {
        case .keyValue(.change(let change)):
            do throws(CatalogRejection) {
                let entry = try apply(change, &delta)
                return entry.map { [.keyValue($0, showsValue: false)] } ?? []
            } catch {
                throw OperationFailure(change.failureMessage(error))
            }
        case .endSession(let id):
            endSession(id, &delta)
            return []
        case .node(let verb, let node):
            return try change(node, verb, &delta)
        case .service(let verb, let instance):
            return try change(instance, verb, &delta)
        case .check(let verb, let check):
            return try change(check, verb, &delta)
        case .keyValue: return []
        }
    }
}

// MARK: - Reading

extension Catalog {
    /// What an operation reads; nil when it writes.
    private func readResult(
        of operation: TransactionOperation
    ) throws(OperationFailure) -> [TransactionResult]? {
        switch operation {
        case .keyValue(let operation):
            return try readResult(of: operation)
        case .node(.get, let node):
            guard let found = self.node(node.name) ?? self.node(id: node.id) else {
                throw OperationFailure("node \"\(node.name)\" doesn't exist")
            }
            return [.node(found)]
        case .service(.get, let instance):
            guard let found = self.instance(instance.key) else {
                throw OperationFailure(
                    "service \"\(instance.id)\" on node \"\(instance.node)\" doesn't exist"
                )
            }
            return [.service(found)]
        case .check(.get, let check):
            guard let found = self.check(check.key) else {
                throw OperationFailure(
                    "check \"\(check.id)\" on node \"\(check.node)\" doesn't exist"
                )
            }
            return [.check(found)]
        case .node, .service, .check, .endSession: return nil
        }
    }

    private func readResult(
        of operation: TransactionOperation.KeyValueOperation
    ) throws(OperationFailure) -> [TransactionResult]? {
        switch operation {
        case .change: return nil
        case .get(let key):
            guard let entry = keys.find(key) else {
                throw OperationFailure("key \"\(key)\" doesn't exist")
            }
            return [.keyValue(entry, showsValue: true)]
        case .getTree(let prefix):
            return keys.entries(withPrefix: prefix).map { .keyValue($0, showsValue: true) }
        case .getOrEmpty(let key):
            return [
                .keyValue(keys.find(key) ?? KeyValueEntry(key: key), showsValue: true)
            ]
        case .checkIndex(let key, let index):
            guard let entry = keys.find(key) else {
                throw OperationFailure("failed to check index, key \"\(key)\" doesn't exist")
            }
            guard entry.modifyIndex == index else {
                throw OperationFailure(
                    "failed index check for key \"\(key)\", current modify index"
                        + " \(entry.modifyIndex) != \(index)"
                )
            }
            return [.keyValue(entry, showsValue: false)]
        case .checkSession(let key, let session):
            guard let entry = keys.find(key) else {
                throw OperationFailure("failed to check session, key \"\(key)\" doesn't exist")
            }
            guard Self.fold(entry.session ?? "") == Self.fold(session) else {
                throw OperationFailure(
                    "failed session check for key \"\(key)\", current session"
                        + " \"\(entry.session ?? "")\" != \"\(session)\""
                )
            }
            return [.keyValue(entry, showsValue: false)]
        case .checkNotExists(let key):
            guard keys.find(key) == nil else { throw OperationFailure("key \"\(key)\" exists") }
            return []
        }
    }
}

extension KeyValueChange {
    /// Consul's words for what went wrong in a transaction.
    fileprivate func failureMessage(_ rejection: CatalogRejection) -> String {
        guard rejection == .conditionFailed else { return rejection.description }
        return switch self {
        case .compareAndSet: "failed to set key \"\(key)\", index is stale"
        case .acquire: "failed to lock key \"\(key)\", lock is already held"
        case .release:
            "failed to unlock key \"\(key)\", lock isn't held, or is held by another session"
        case .compareAndDelete: "failed to delete key \"\(key)\", index is stale"
        case .set, .delete, .deleteTree: rejection.description
        }
    }
}
