internal import ServiceCatalog

extension HealthCheck: CompactCodable {
    /// The fields that are there only when they have another value than the usual one.
    private struct Fields: OptionSet {
        var rawValue: UInt64

        static let notes = Fields(rawValue: 1 << 0)
        static let output = Fields(rawValue: 1 << 1)
        static let serviceID = Fields(rawValue: 1 << 2)
        static let serviceName = Fields(rawValue: 1 << 3)
        static let serviceTags = Fields(rawValue: 1 << 4)
        static let definition = Fields(rawValue: 1 << 5)
        static let reportedDefinition = Fields(rawValue: 1 << 6)
        static let reportedType = Fields(rawValue: 1 << 7)
        static let indexes = Fields(rawValue: 1 << 8)
        static let all = Fields(rawValue: 1 << 9 - 1)
    }

    private var fields: Fields {
        var fields: Fields = []
        if !notes.isEmpty { fields.insert(.notes) }
        if !output.isEmpty { fields.insert(.output) }
        if !serviceID.isEmpty { fields.insert(.serviceID) }
        if !serviceName.isEmpty { fields.insert(.serviceName) }
        if !serviceTags.isEmpty { fields.insert(.serviceTags) }
        if definition != nil { fields.insert(.definition) }
        if reportedDefinition != nil { fields.insert(.reportedDefinition) }
        if reportedType != nil { fields.insert(.reportedType) }
        if createIndex != 0 || modifyIndex != 0 { fields.insert(.indexes) }
        return fields
    }

    func write(to writer: inout ByteWriter) {
        let fields = fields
        writer.write(unsigned: fields.rawValue)
        writer.write(node)
        writer.write(id)
        writer.write(name)
        status.write(to: &writer)
        if fields.contains(.notes) { writer.write(notes) }
        if fields.contains(.output) { writer.write(output) }
        if fields.contains(.serviceID) { writer.write(serviceID) }
        if fields.contains(.serviceName) { writer.write(serviceName) }
        if fields.contains(.serviceTags) { writer.write(serviceTags) }
        if let definition { definition.write(to: &writer) }
        if let reportedDefinition { writer.write(reportedDefinition) }
        if let reportedType { writer.write(reportedType) }
        if fields.contains(.indexes) {
            writer.write(unsigned: createIndex)
            writer.write(unsigned: modifyIndex)
        }
    }

    init(from reader: inout ByteReader) throws(CompactFormError) {
        let fields = Fields(rawValue: try reader.unsigned())
        guard Fields.all.isSuperset(of: fields) else { throw reader.invalid("check") }
        self.init(
            node: try reader.sharedText(),
            id: try reader.text(),
            name: try reader.sharedText(),
            status: try HealthStatus(from: &reader),
            notes: fields.contains(.notes) ? try reader.sharedText() : "",
            output: fields.contains(.output) ? try reader.sharedText() : "",
            serviceID: fields.contains(.serviceID) ? try reader.text() : ""
        )
        if fields.contains(.serviceName) { serviceName = try reader.sharedText() }
        if fields.contains(.serviceTags) { serviceTags = try reader.sharedTexts() }
        if fields.contains(.definition) { definition = try CheckDefinition(from: &reader) }
        if fields.contains(.reportedDefinition) { reportedDefinition = try reader.text() }
        if fields.contains(.reportedType) { reportedType = try reader.sharedText() }
        if fields.contains(.indexes) {
            createIndex = try reader.unsigned()
            modifyIndex = try reader.unsigned()
        }
    }
}

extension HealthStatus: CompactCodable {
    func write(to writer: inout ByteWriter) {
        switch self {
        case .passing: writer.write(0 as UInt8)
        case .warning: writer.write(1 as UInt8)
        case .critical: writer.write(2 as UInt8)
        }
    }

    init(from reader: inout ByteReader) throws(CompactFormError) {
        switch try reader.byte() {
        case 0: self = .passing
        case 1: self = .warning
        case 2: self = .critical
        default: throw reader.invalid("status")
        }
    }
}
