internal import Foundation
internal import ServiceCatalog

/// The changes that make up traffic have a compact form; the others are JSON.
extension CatalogChange {
    /// What a change's first byte says; never `{`.
    private enum Kind: UInt8 {
        case register = 1
        case deregisterNode, deregisterInstance, deregisterCheck, checkStatus, drain
        case keyValue, transaction
    }

    /// - Throws: `EncodingError`.
    func write(to writer: inout ByteWriter, _ encoder: JSONEncoder) throws {
        switch self {
        case .register(let registration):
            writer.write(Kind.register.rawValue)
            registration.write(to: &writer)
        case .deregisterNode(let name):
            writer.write(Kind.deregisterNode.rawValue)
            writer.write(name)
        case .deregisterInstance(let key, let condition):
            writer.write(Kind.deregisterInstance.rawValue)
            writer.write(key.node)
            writer.write(key.id)
            condition.write(to: &writer)
        case .deregisterCheck(let key):
            writer.write(Kind.deregisterCheck.rawValue)
            writer.write(key.node)
            writer.write(key.id)
        case .checkStatus(let key, let status, let output):
            writer.write(Kind.checkStatus.rawValue)
            writer.write(key.node)
            writer.write(key.id)
            status.write(to: &writer)
            writer.write(output)
        case .drain(let key):
            writer.write(Kind.drain.rawValue)
            writer.write(key.node)
            writer.write(key.id)
        case .keyValue(let change):
            writer.write(Kind.keyValue.rawValue)
            change.write(to: &writer)
        case .transaction(let operations):
            writer.write(Kind.transaction.rawValue)
            writer.write(unsigned: UInt64(operations.count))
            for operation in operations { operation.write(to: &writer) }
        case .createSession, .endSession, .replaceAll, .setPreparedQuery, .deletePreparedQuery,
            .setAccessPolicy, .deleteAccessPolicy, .setAccessToken, .deleteAccessToken:
            writer.write(bytes: [UInt8](try encoder.encode(self)))
        }
    }

    /// Reads a change in compact form; one in JSON is the caller's.
    init(from reader: inout ByteReader) throws(CompactFormError) {
        guard let kind = Kind(rawValue: try reader.byte()) else { throw reader.invalid("change") }
        switch kind {
        case .register: self = .register(try Registration(from: &reader))
        case .deregisterNode: self = .deregisterNode(try reader.text())
        case .deregisterInstance:
            let key = InstanceKey(node: try reader.sharedText(), id: try reader.text())
            self = .deregisterInstance(key, onlyIf: try RemovalCondition?(from: &reader))
        case .deregisterCheck:
            self = .deregisterCheck(
                CheckKey(node: try reader.sharedText(), id: try reader.text())
            )
        case .checkStatus:
            let key = CheckKey(node: try reader.sharedText(), id: try reader.text())
            let status = try HealthStatus(from: &reader)
            self = .checkStatus(key, status, output: try reader.sharedText())
        case .drain:
            self = .drain(InstanceKey(node: try reader.sharedText(), id: try reader.text()))
        case .keyValue: self = .keyValue(try KeyValueChange(from: &reader))
        case .transaction:
            var operations: [TransactionOperation] = []
            for _ in 0..<(try reader.count()) {
                operations.append(try TransactionOperation(from: &reader))
            }
            self = .transaction(operations)
        }
    }
}

extension RemovalCondition? {
    fileprivate func write(to writer: inout ByteWriter) {
        switch self {
        case nil: writer.write(0 as UInt8)
        case .leaseIs(let lease):
            writer.write(1 as UInt8)
            writer.write(lease)
        case .checkIsCritical(let check):
            writer.write(2 as UInt8)
            writer.write(check)
        }
    }

    fileprivate init(from reader: inout ByteReader) throws(CompactFormError) {
        switch try reader.byte() {
        case 0: self = nil
        case 1: self = .leaseIs(try reader.text())
        case 2: self = .checkIsCritical(try reader.text())
        default: throw reader.invalid("condition")
        }
    }
}

extension Registration: CompactCodable {
    private struct Fields: OptionSet {
        var rawValue: UInt8

        static let node = Fields(rawValue: 1 << 0)
        static let instance = Fields(rawValue: 1 << 1)
        static let replacesChecks = Fields(rawValue: 1 << 2)
        static let all = Fields(rawValue: 1 << 3 - 1)
    }

    func write(to writer: inout ByteWriter) {
        var fields: Fields = []
        if node != nil { fields.insert(.node) }
        if instance != nil { fields.insert(.instance) }
        if replacesChecks { fields.insert(.replacesChecks) }
        writer.write(fields.rawValue)
        node?.write(to: &writer)
        instance?.write(to: &writer)
        writer.write(unsigned: UInt64(checks.count))
        for registered in checks {
            writer.write(registered.keepsStatus)
            registered.check.write(to: &writer)
        }
    }

    init(from reader: inout ByteReader) throws(CompactFormError) {
        let fields = Fields(rawValue: try reader.byte())
        guard Fields.all.isSuperset(of: fields) else { throw reader.invalid("registration") }
        self.init(
            node: fields.contains(.node) ? try Node(from: &reader) : nil,
            instance: fields.contains(.instance) ? try ServiceInstance(from: &reader) : nil,
            replacesChecks: fields.contains(.replacesChecks)
        )
        for _ in 0..<(try reader.count()) {
            let keepsStatus = try reader.flag()
            checks.append(
                RegisteredCheck(try HealthCheck(from: &reader), keepsStatus: keepsStatus)
            )
        }
    }
}
