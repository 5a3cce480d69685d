internal import ServiceCatalog

extension TransactionOperation: CompactCodable {
    func write(to writer: inout ByteWriter) {
        switch self {
        case .keyValue(let operation):
            writer.write(0 as UInt8)
            operation.write(to: &writer)
        case .node(let verb, let node):
            writer.write(1 as UInt8)
            verb.write(to: &writer)
            node.write(to: &writer)
        case .service(let verb, let instance):
            writer.write(2 as UInt8)
            verb.write(to: &writer)
            instance.write(to: &writer)
        case .check(let verb, let check):
            writer.write(3 as UInt8)
            verb.write(to: &writer)
            check.write(to: &writer)
        case .endSession(let id):
            writer.write(4 as UInt8)
            writer.write(id)
        }
    }

    init(from reader: inout ByteReader) throws(CompactFormError) {
        switch try reader.byte() {
        case 0: self = .keyValue(try KeyValueOperation(from: &reader))
        case 1: self = .node(try RecordVerb(from: &reader), try Node(from: &reader))
        case 2: self = .service(try RecordVerb(from: &reader), try ServiceInstance(from: &reader))
        case 3: self = .check(try RecordVerb(from: &reader), try HealthCheck(from: &reader))
        case 4: self = .endSession(id: try reader.text())
        default: throw reader.invalid("operation")
        }
    }
}

extension TransactionOperation.RecordVerb: CompactCodable {
    func write(to writer: inout ByteWriter) {
        switch self {
        case .get: writer.write(0 as UInt8)
        case .set: writer.write(1 as UInt8)
        case .compareAndSet: writer.write(2 as UInt8)
        case .delete: writer.write(3 as UInt8)
        case .compareAndDelete: writer.write(4 as UInt8)
        }
    }

    init(from reader: inout ByteReader) throws(CompactFormError) {
        switch try reader.byte() {
        case 0: self = .get
        case 1: self = .set
        case 2: self = .compareAndSet
        case 3: self = .delete
        case 4: self = .compareAndDelete
        default: throw reader.invalid("verb")
        }
    }
}

extension TransactionOperation.KeyValueOperation: CompactCodable {
    func write(to writer: inout ByteWriter) {
        switch self {
        case .change(let change):
            writer.write(0 as UInt8)
            change.write(to: &writer)
        case .get(let key):
            writer.write(1 as UInt8)
            writer.write(key)
        case .getTree(let prefix):
            writer.write(2 as UInt8)
            writer.write(prefix)
        case .getOrEmpty(let key):
            writer.write(3 as UInt8)
            writer.write(key)
        case .checkIndex(let key, let index):
            writer.write(4 as UInt8)
            writer.write(key)
            writer.write(unsigned: index)
        case .checkSession(let key, let session):
            writer.write(5 as UInt8)
            writer.write(key)
            writer.write(session)
        case .checkNotExists(let key):
            writer.write(6 as UInt8)
            writer.write(key)
        }
    }

    init(from reader: inout ByteReader) throws(CompactFormError) {
        switch try reader.byte() {
        case 0: self = .change(try KeyValueChange(from: &reader))
        case 1: self = .get(key: try reader.text())
        case 2: self = .getTree(prefix: try reader.text())
        case 3: self = .getOrEmpty(key: try reader.text())
        case 4: self = .checkIndex(key: try reader.text(), index: try reader.unsigned())
        case 5: self = .checkSession(key: try reader.text(), session: try reader.text())
        case 6: self = .checkNotExists(key: try reader.text())
        default: throw reader.invalid("operation on a key")
        }
    }
}
