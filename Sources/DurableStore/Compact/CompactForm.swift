/// How the things that make up most of a store are written: as fields without names, those that
/// have their usual value left out.
///
/// The first byte tells the form: `version`, or `{` for the JSON that everything else is in. What
/// follows is:
///
/// - a number: 7 bits a byte, the low ones first, the top bit set on all but the last byte; one
///   that may be negative is folded first, so that -1 is 1 and 1 is 2;
/// - a text: the number of its bytes, then its UTF-8;
/// - a list or a map: the number of its members, then each;
/// - a record: a number whose bits say which of its optional fields are there, then its fields.
///
/// Why: JSON took tens of microseconds a thing, each way, which was most of the cost of a change
/// and of a start.
enum CompactForm {
    /// Raised when older programs can no longer read what is written.
    static let version: UInt8 = 1
    /// What a row with a checksum begins with.
    static let checkedVersion: UInt8 = 2
    /// What JSON begins with here.
    static let json = UInt8(ascii: "{")
}

/// A thing with a compact form.
protocol CompactCodable {
    func write(to writer: inout ByteWriter)
    init(from reader: inout ByteReader) throws(CompactFormError)
}
