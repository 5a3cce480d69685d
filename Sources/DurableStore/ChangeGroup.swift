internal import Foundation
internal import ServiceCatalog

/// The changes of one commit, as one row of the journal.
///
/// Format 2 had a row for each change, in JSON; such rows are read too.
enum ChangeGroup {
    /// Starts a row for `count` changes.
    static func begin(_ writer: inout ByteWriter, count: Int) {
        writer.removeAll()
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

    /// Calls `body` with each change of the row that `reader` has loaded.
    ///
    /// - Throws: `CompactFormError` or `DecodingError`.
    static func forEach(
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
