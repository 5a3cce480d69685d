internal import ServiceCatalog

extension Node: CompactCodable {
    /// The fields that are there only when they have another value than the usual one.
    private struct Fields: OptionSet {
        var rawValue: UInt64

        static let id = Fields(rawValue: 1 << 0)
        static let taggedAddresses = Fields(rawValue: 1 << 1)
        static let meta = Fields(rawValue: 1 << 2)
        static let indexes = Fields(rawValue: 1 << 3)
        static let all = Fields(rawValue: 1 << 4 - 1)
    }

    func write(to writer: inout ByteWriter) {
        var fields: Fields = []
        if !id.isEmpty { fields.insert(.id) }
        if !taggedAddresses.isEmpty { fields.insert(.taggedAddresses) }
        if !meta.isEmpty { fields.insert(.meta) }
        if createIndex != 0 || modifyIndex != 0 { fields.insert(.indexes) }
        writer.write(unsigned: fields.rawValue)
        writer.write(name)
        writer.write(address)
        writer.write(datacenter)
        if fields.contains(.id) { writer.write(id) }
        if fields.contains(.taggedAddresses) { writer.write(taggedAddresses) }
        if fields.contains(.meta) { writer.write(meta) }
        if fields.contains(.indexes) {
            writer.write(unsigned: createIndex)
            writer.write(unsigned: modifyIndex)
        }
    }

    init(from reader: inout ByteReader) throws(CompactFormError) {
        let fields = Fields(rawValue: try reader.unsigned())
        guard Fields.all.isSuperset(of: fields) else { throw reader.invalid("node") }
        self.init(
            name: try reader.sharedText(),
            address: try reader.text(),
            datacenter: try reader.sharedText()
        )
        if fields.contains(.id) { id = try reader.text() }
        if fields.contains(.taggedAddresses) { taggedAddresses = try reader.sharedMap() }
        if fields.contains(.meta) { meta = try reader.sharedMap() }
        if fields.contains(.indexes) {
            createIndex = try reader.unsigned()
            modifyIndex = try reader.unsigned()
        }
    }
}
