internal import ServiceCatalog

extension ServiceInstance: CompactCodable {
    /// The fields that are there only when they have another value than the usual one.
    private struct Fields: OptionSet {
        var rawValue: UInt64

        static let tags = Fields(rawValue: 1 << 0)
        static let address = Fields(rawValue: 1 << 1)
        static let port = Fields(rawValue: 1 << 2)
        static let meta = Fields(rawValue: 1 << 3)
        static let weights = Fields(rawValue: 1 << 4)
        static let taggedAddresses = Fields(rawValue: 1 << 5)
        static let enableTagOverride = Fields(rawValue: 1 << 6)
        static let kind = Fields(rawValue: 1 << 7)
        static let socketPath = Fields(rawValue: 1 << 8)
        static let locality = Fields(rawValue: 1 << 9)
        static let lease = Fields(rawValue: 1 << 10)
        static let isDraining = Fields(rawValue: 1 << 11)
        static let indexes = Fields(rawValue: 1 << 12)
        static let all = Fields(rawValue: 1 << 13 - 1)
    }

    private var fields: Fields {
        var fields: Fields = []
        if !tags.isEmpty { fields.insert(.tags) }
        if !address.isEmpty { fields.insert(.address) }
        if port != 0 { fields.insert(.port) }
        if !meta.isEmpty { fields.insert(.meta) }
        if weights != ServiceWeights() { fields.insert(.weights) }
        if !taggedAddresses.isEmpty { fields.insert(.taggedAddresses) }
        if enableTagOverride { fields.insert(.enableTagOverride) }
        if !kind.isEmpty { fields.insert(.kind) }
        if socketPath != nil { fields.insert(.socketPath) }
        if locality != nil { fields.insert(.locality) }
        if lease != nil { fields.insert(.lease) }
        if isDraining { fields.insert(.isDraining) }
        if createIndex != 0 || modifyIndex != 0 { fields.insert(.indexes) }
        return fields
    }

    func write(to writer: inout ByteWriter) {
        let fields = fields
        writer.write(unsigned: fields.rawValue)
        writer.write(node)
        writer.write(id)
        writer.write(service)
        if fields.contains(.tags) { writer.write(tags) }
        if fields.contains(.address) { writer.write(address) }
        if fields.contains(.port) { writer.write(port) }
        if fields.contains(.meta) { writer.write(meta) }
        if fields.contains(.weights) {
            let weights = weights
            writer.write(weights.passing)
            writer.write(weights.warning)
        }
        if fields.contains(.taggedAddresses) { Self.write(taggedAddresses, to: &writer) }
        if fields.contains(.kind) { writer.write(kind) }
        if let socketPath { writer.write(socketPath) }
        if let locality {
            writer.write(locality.region)
            writer.write(locality.zone)
        }
        if let lease {
            writer.write(lease.id)
            writer.write(lease.ttlMilliseconds)
        }
        if fields.contains(.indexes) {
            writer.write(unsigned: createIndex)
            writer.write(unsigned: modifyIndex)
        }
    }

    init(from reader: inout ByteReader) throws(CompactFormError) {
        let fields = Fields(rawValue: try reader.unsigned())
        guard Fields.all.isSuperset(of: fields) else { throw reader.invalid("instance") }
        self.init(
            node: try reader.sharedText(),
            id: try reader.text(),
            service: try reader.sharedText(),
            tags: fields.contains(.tags) ? try reader.sharedTexts() : [],
            address: fields.contains(.address) ? try reader.text() : "",
            port: fields.contains(.port) ? try reader.number() : 0,
            meta: fields.contains(.meta) ? try reader.sharedMap() : [:]
        )
        try readRare(fields, from: &reader)
        if fields.contains(.indexes) {
            createIndex = try reader.unsigned()
            modifyIndex = try reader.unsigned()
        }
    }

    private mutating func readRare(
        _ fields: Fields,
        from reader: inout ByteReader
    ) throws(CompactFormError) {
        if fields.contains(.weights) {
            weights = ServiceWeights(passing: try reader.number(), warning: try reader.number())
        }
        if fields.contains(.taggedAddresses) {
            taggedAddresses = try Self.taggedAddresses(from: &reader)
        }
        if fields.contains(.enableTagOverride) { enableTagOverride = true }
        if fields.contains(.kind) { kind = try reader.sharedText() }
        if fields.contains(.socketPath) { socketPath = try reader.text() }
        if fields.contains(.locality) {
            locality = Locality(region: try reader.sharedText(), zone: try reader.sharedText())
        }
        if fields.contains(.lease) {
            lease = Lease(id: try reader.text(), ttlMilliseconds: try reader.number())
        }
        if fields.contains(.isDraining) { isDraining = true }
    }

    private static func write(_ addresses: [String: ServiceAddress], to writer: inout ByteWriter) {
        writer.write(unsigned: UInt64(addresses.count))
        for (role, address) in addresses {
            writer.write(role)
            writer.write(address.address)
            writer.write(address.port)
        }
    }

    private static func taggedAddresses(
        from reader: inout ByteReader
    ) throws(CompactFormError) -> [String: ServiceAddress] {
        let count = try reader.count()
        var addresses: [String: ServiceAddress] = [:]
        addresses.reserveCapacity(count)
        for _ in 0..<count {
            let role = try reader.sharedText()
            addresses[role] = ServiceAddress(
                address: try reader.text(),
                port: try reader.number()
            )
        }
        return addresses
    }
}
