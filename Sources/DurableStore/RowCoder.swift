internal import Foundation

/// Writes and reads the rows of things, keeping what can be used again from row to row.
///
/// A row begins with `CompactForm.checkedVersion` and a checksum of all that follows and of its key;
/// format 3 had neither.
struct RowCoder {
    private var writer = ByteWriter()
    private var reader = ByteReader()
    private let encoder = JSONEncoder()
    private let decoder = JSONDecoder()

    mutating func compact(_ thing: some CompactCodable, _ first: String, _ second: String) -> Data {
        CheckedForm.begin(&writer)
        writer.write(CompactForm.version)
        thing.write(to: &writer)
        CheckedForm.seal(&writer) { sum in
            sum.add(first)
            sum.add(second)
        }
        return Data(writer.bytes)
    }

    /// - Throws: `EncodingError`.
    mutating func json(_ thing: some Encodable, id: String) throws -> Data {
        CheckedForm.begin(&writer)
        writer.write(bytes: Array(try encoder.encode(thing)))
        CheckedForm.seal(&writer) { $0.add(id) }
        return Data(writer.bytes)
    }

    /// Reads a row in any form; `addKey` adds its key to the checksum.
    ///
    /// - Throws: `CompactFormError`, `ChecksumMismatch` or `DecodingError`.
    mutating func decode<Thing: CompactCodable & Decodable>(
        _ type: Thing.Type,
        from row: Data,
        addKey: (inout Checksum) throws -> Void
    ) throws -> Thing {
        unsafe try row.withUnsafeBytes {
            unsafe reader.load(try CheckedForm.open($0, addKey: addKey))
        }
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
    /// - Throws: `ChecksumMismatch` or `DecodingError`.
    func decodeJSON<Thing: Decodable>(_ type: Thing.Type, from row: Data, id: Data) throws -> Thing
    {
        let json = unsafe try row.withUnsafeBytes { row in
            unsafe Data(
                try CheckedForm.open(row) { sum in
                    unsafe id.withUnsafeBytes { unsafe sum.add($0) }
                }
            )
        }
        return try decoder.decode(type, from: json)
    }
}
