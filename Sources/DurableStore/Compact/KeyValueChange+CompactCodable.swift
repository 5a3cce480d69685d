internal import ServiceCatalog

extension KeyValueChange: CompactCodable {
    func write(to writer: inout ByteWriter) {
        switch self {
        case .set(let write):
            writer.write(0 as UInt8)
            write.write(to: &writer)
        case .compareAndSet(let write, let index):
            writer.write(1 as UInt8)
            write.write(to: &writer)
            writer.write(unsigned: index)
        case .acquire(let write, let session):
            writer.write(2 as UInt8)
            write.write(to: &writer)
            writer.write(session)
        case .release(let write, let session):
            writer.write(3 as UInt8)
            write.write(to: &writer)
            writer.write(session)
        case .delete(let key):
            writer.write(4 as UInt8)
            writer.write(key)
        case .compareAndDelete(let key, let index):
            writer.write(5 as UInt8)
            writer.write(key)
            writer.write(unsigned: index)
        case .deleteTree(let prefix):
            writer.write(6 as UInt8)
            writer.write(prefix)
        }
    }

    init(from reader: inout ByteReader) throws(CompactFormError) {
        switch try reader.byte() {
        case 0: self = .set(try KeyValueWrite(from: &reader))
        case 1:
            let write = try KeyValueWrite(from: &reader)
            self = .compareAndSet(write, index: try reader.unsigned())
        case 2:
            let write = try KeyValueWrite(from: &reader)
            self = .acquire(write, session: try reader.text())
        case 3:
            let write = try KeyValueWrite(from: &reader)
            self = .release(write, session: try reader.text())
        case 4: self = .delete(key: try reader.text())
        case 5: self = .compareAndDelete(key: try reader.text(), index: try reader.unsigned())
        case 6: self = .deleteTree(prefix: try reader.text())
        default: throw reader.invalid("change of a key")
        }
    }
}

extension KeyValueWrite: CompactCodable {
    func write(to writer: inout ByteWriter) {
        writer.write(key)
        writer.write(unsigned: UInt64(value.bytes.count))
        writer.write(bytes: value.bytes)
        writer.write(unsigned: flags)
    }

    init(from reader: inout ByteReader) throws(CompactFormError) {
        self.init(
            key: try reader.text(),
            value: try reader.sizedBytes(),
            flags: try reader.unsigned()
        )
    }
}
