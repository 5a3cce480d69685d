internal import Foundation

/// Writes and reads the rows of things, keeping what can be used again from row to row.
struct RowCoder {
    private var writer = ByteWriter()
    private var reader = ByteReader()
    private let encoder = JSONEncoder()
    private let decoder = JSONDecoder()

    mutating func compact(_ thing: some CompactCodable) -> Data {
        writer.removeAll()
        writer.write(CompactForm.version)
        thing.write(to: &writer)
        return Data(writer.bytes)
    }

    /// - Throws: `EncodingError`.
    func json(_ thing: some Encodable) throws -> Data { try encoder.encode(thing) }

    /// Reads a row in either form.
    ///
    /// - Throws: `CompactFormError` or `DecodingError`.
    mutating func decode<Thing: CompactCodable & Decodable>(
        _ type: Thing.Type,
        from row: Data
    ) throws -> Thing {
        unsafe row.withUnsafeBytes { unsafe reader.load($0) }
        if reader.nextByte == CompactForm.json {
            return try decoder.decode(type, from: Data(reader.rest()))
        }
        let version = try reader.byte()
        guard version == CompactForm.version else {
            throw CompactFormError.unknownVersion(version)
        }
        let thing = try Thing(from: &reader)
        try reader.finish()
        return thing
    }

    /// Reads a row in JSON.
    ///
    /// - Throws: `DecodingError`.
    func decodeJSON<Thing: Decodable>(_ type: Thing.Type, from row: Data) throws -> Thing {
        try decoder.decode(type, from: row)
    }
}
