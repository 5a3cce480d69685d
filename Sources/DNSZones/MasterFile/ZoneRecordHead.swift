internal import DNSWire

/// TTL, class and type of a record: what stands between owner and data (RFC 1035 §5.1).
struct ZoneRecordHead {
    let ttlSeconds: UInt32?
    let type: RecordType

    /// Takes the fields off the front of `tokens`; TTL and class may be missing and in any order.
    init(
        _ tokens: inout ArraySlice<ZoneEntry.Token>,
        file: String,
        line: Int
    ) throws(ZoneFileError) {
        var ttlSeconds: UInt32?
        var hasClass = false
        while let token = tokens.popFirst() {
            func fault(_ message: String) -> ZoneFileError {
                ZoneFileError(file: file, line: token.line, message: message)
            }
            guard !token.isQuoted else {
                throw fault("a quoted string where a TTL, a class or a type was expected")
            }
            if let type = RecordFields.type(named: token.text) {
                guard !type.isMeta else {
                    throw fault("\(type) is no type of data; expected a type such as A or MX")
                }
                self.ttlSeconds = ttlSeconds
                self.type = type
                return
            }
            if !hasClass, Self.isClass(token.text) {
                guard token.text.uppercased() == "IN" || token.text.uppercased() == "CLASS1" else {
                    throw fault("class '\(token.text)'; expected IN, the only class served")
                }
                hasClass = true
            } else if ttlSeconds == nil, let first = token.text.utf8.first,
                (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(first)
            {
                guard let seconds = ZoneTTL.seconds(token.text) else {
                    throw fault("'\(token.text)' is no TTL; expected \(ZoneTTL.expectation)")
                }
                ttlSeconds = seconds
            } else {
                throw fault(
                    "unknown type '\(token.text)'; expected a type such as A, MX or TYPE123"
                )
            }
        }
        throw ZoneFileError(
            file: file,
            line: line,
            message: "the record has no type; expected owner, TTL, class, type and data"
        )
    }

    private static func isClass(_ text: String) -> Bool {
        let upper = text.uppercased()
        if ["IN", "CH", "HS", "CS", "NONE"].contains(upper) { return true }
        return upper.hasPrefix("CLASS") && UInt16(upper.dropFirst(5)) != nil
    }
}
