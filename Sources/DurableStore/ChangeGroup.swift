internal import Foundation
internal import ServiceCatalog

/// The changes of one commit, as one row of the journal, with a checksum of them and of the row's
/// position.
///
/// Format 3 had no checksum, format 2 a row for each change, in JSON; such rows are read too.
enum ChangeGroup {
    /// Starts a row for `count` changes.
    static func begin(_ writer: inout ByteWriter, count: Int) {
        CheckedForm.begin(&writer)
        writer.write(CompactForm.version)
        writer.write(unsigned: UInt64(count))
    }

    /// Adds one change.
    ///
    /// - Throws: `EncodingError`.
    static func add(
        _ change: CatalogChange,
        to writer: inout ByteWriter,
        _ encoder: JSONEncoder
    ) throws {
        try writer.writeSized { (writer) throws in try change.write(to: &writer, encoder) }
    }

    /// Ends a row that is to be at `position`.
    static func seal(_ writer: inout ByteWriter, at position: UInt64) {
        CheckedForm.seal(&writer) { $0.add(position) }
    }

    /// Calls `body` with each change of a row at `position`; `reader` is used for it.
    ///
    /// - Throws: `CompactFormError`, `ChecksumMismatch` or `DecodingError`.
    static func forEach(
        in row: UnsafeRawBufferPointer,
        at position: UInt64,
        _ reader: inout ByteReader,
        _ decoder: JSONDecoder,
        _ body: (CatalogChange) -> Void
    ) throws {
        unsafe reader.load(try CheckedForm.open(row) { $0.add(position) })
        try forEach(in: &reader, decoder, body)
    }

    private static func forEach(
        in reader: inout ByteReader,
        _ decoder: JSONDecoder,
        _ body: (CatalogChange) -> Void
    ) throws {
        if reader.nextByte == CompactForm.json {
            return body(try decoder.decode(CatalogChange.self, from: Data(reader.rest())))
        }
        let version = try reader.byte()
        guard version == CompactForm.version else {
            throw CompactFormError.unknownVersion(version)
        }
        for _ in 0..<(try reader.count()) {
            let json: [UInt8]? = try reader.readSized { (reader) throws(CompactFormError) in
                if reader.nextByte == CompactForm.json { return reader.rest() }
                body(try CatalogChange(from: &reader))
                return nil
            }
            if let json { body(try decoder.decode(CatalogChange.self, from: Data(json))) }
        }
        try reader.finish()
    }
}
