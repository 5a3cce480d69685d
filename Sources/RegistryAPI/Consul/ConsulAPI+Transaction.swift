internal import HTTPTypes
internal import ServiceCatalog

/// Several operations, all or nothing: `txn`.
extension ConsulAPI {
    /// `PUT txn`.
    func transact(_ request: ConsulRequest) async throws -> ConsulReply {
        try checkDatacenter(of: request)
        let body = try request.decode { bytes throws(JSONReadError) in
            try TransactionBody(body: bytes)
        }
        try checkSize(of: body)
        var operations: [TransactionOperation] = []
        var failures: [TransactionFailure] = []
        for (number, part) in body.operations.enumerated() {
            let operation = try self.operation(of: part)
            try allow(operation, for: request.authorizer)
            if case .keyValue(.change(.acquire(let write, _))) = operation,
                context.lockDelays.isDelayed(write.key)
            {
                failures.append(
                    TransactionFailure(
                        operation: number,
                        message: "failed to lock key \"\(write.key)\" due to lock delay"
                    )
                )
            }
            operations.append(operation)
        }
        guard failures.isEmpty else { return failed(request, failures) }
        do {
            let isRead = operations.allSatisfy(\.isRead)
            if isRead {
                try await ReadOptions(request.query, context.freshness)
                    .waitUntilCurrent(isCoordination: true)
            }
            let results =
                isRead
                ? try context.keeper.read { catalog in try catalog.read(operations) }
                : try await context.log.append(.transaction(operations)).results
            return done(request, results, isRead: isRead)
        } catch let error as CatalogRejection {
            return try refused(request, error)
        } catch CatalogLogError.rejected(let rejection) {
            return try refused(request, rejection)
        }
    }

    private func checkSize(of body: TransactionBody) throws(APIError) {
        let limits = context.limits
        guard body.operations.count <= limits.operationsPerTransactionMax else {
            throw APIError(
                .bodyTooLarge,
                "Transaction contains too many operations (\(body.operations.count) >"
                    + " \(limits.operationsPerTransactionMax))"
            )
        }
        var total = 0
        for case .keyValue(let part) in body.operations {
            let count = part.value.bytes.count
            guard count <= limits.valueBytesMax else {
                throw APIError(
                    .bodyTooLarge,
                    "Value for key \"\(part.key)\" is too large (\(count) >"
                        + " \(limits.valueBytesMax) bytes)"
                )
            }
            total += count + part.key.utf8.count
        }
        guard total <= limits.transactionBytesMax else {
            throw APIError(
                .bodyTooLarge,
                "Transaction is too large (\(total) > \(limits.transactionBytesMax) bytes)"
            )
        }
    }

    /// - Throws: `APIError` when the token may not do it.
    private func allow(
        _ operation: TransactionOperation,
        for authorizer: Authorizer
    ) throws(APIError) {
        guard !authorizer.allowsEverything else { return }
        switch operation {
        case .keyValue(.change(.deleteTree(let prefix))):
            try authorizer.require(.keyWritePrefix(prefix))
        case .keyValue(.change(let change)): try authorizer.require(.keyWrite(change.key))
        case .keyValue(.getTree(let prefix)):
            try authorizer.require(Permission(.key, .read, prefix, isAboutPrefix: true))
        case .keyValue(.get(let key)), .keyValue(.getOrEmpty(let key)),
            .keyValue(.checkIndex(let key, _)), .keyValue(.checkSession(let key, _)),
            .keyValue(.checkNotExists(let key)):
            try authorizer.require(.keyRead(key))
        case .node(let verb, let node):
            try authorizer.require(verb == .get ? .nodeRead(node.name) : .nodeWrite(node.name))
        case .service(let verb, let instance):
            // The name that is registered counts, not only the one that was sent.
            let known = context.keeper.read { $0.instance(instance.key)?.service }
            for name in [instance.service, known ?? ""] where !name.isEmpty {
                try authorizer.require(verb == .get ? .serviceRead(name) : .serviceWrite(name))
            }
            if verb == .get { try authorizer.require(.nodeRead(instance.node)) }
        case .check(let verb, let check):
            let owner = InstanceKey(node: check.node, id: check.serviceID)
            let names = context.keeper.read { catalog in
                [catalog.instance(owner)?.service, catalog.check(check.key)?.serviceName]
                    .compactMap { $0 }.filter { !$0.isEmpty }
            }
            if names.isEmpty || verb == .get {
                try authorizer.require(
                    verb == .get ? .nodeRead(check.node) : .nodeWrite(check.node)
                )
            }
            for name in names {
                try authorizer.require(verb == .get ? .serviceRead(name) : .serviceWrite(name))
            }
        case .endSession(let id):
            let node = context.keeper.read { $0.session(id)?.node }
            try authorizer.require(.sessionWrite(onNode: node ?? localNode))
        }
    }
}

// MARK: - Answers

extension ConsulAPI {
    private func done(
        _ request: ConsulRequest,
        _ results: [TransactionResult],
        isRead: Bool
    ) -> ConsulReply {
        var reply = ConsulReply.json(for: request) { writer in
            writer.beginObject()
            writer.key("Results")
            writer.beginArray()
            for result in results { writer.transactionResult(result) }
            writer.endArray()
            writer.key("Errors")
            writer.null()
            writer.endObject()
        }
        if isRead {
            reply.headers[ConsulHeader.knownLeader] = "true"
            reply.headers[ConsulHeader.lastContact] = "0"
        }
        return reply
    }

    private func refused(
        _ request: ConsulRequest,
        _ rejection: CatalogRejection
    ) throws -> ConsulReply {
        guard case .transactionFailed(let failures) = rejection else { throw rejection }
        return failed(request, failures)
    }

    private func failed(
        _ request: ConsulRequest,
        _ failures: [TransactionFailure]
    ) -> ConsulReply {
        .json(for: request, status: .conflict) { writer in
            writer.beginObject()
            writer.key("Results")
            writer.null()
            writer.key("Errors")
            writer.beginArray()
            for failure in failures {
                writer.beginObject()
                writer.field("OpIndex", failure.operation)
                writer.field("What", failure.message)
                writer.endObject()
            }
            writer.endArray()
            writer.endObject()
        }
    }
}

extension JSONWriter {
    fileprivate mutating func transactionResult(_ result: TransactionResult) {
        beginObject()
        switch result {
        case .keyValue(let entry, let showsValue):
            key("KV")
            keyValue(entry, showsValue: showsValue)
        case .node(let node):
            key("Node")
            self.node(node)
        case .service(let instance):
            key("Service")
            nodeService(instance)
        case .check(let check):
            key("Check")
            self.check(check)
        }
        endObject()
    }
}
