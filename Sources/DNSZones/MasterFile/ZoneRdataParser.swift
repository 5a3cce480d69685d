internal import DNSWire

/// The data of one record: libldns reads it, and where it refuses the faulty field is looked for.
struct ZoneRdataParser {
    let type: RecordType
    let origin: DomainName
    let file: String
    /// The line of the record, for faults that are in no single field.
    let line: Int

    /// Uncompressed wire form.
    func rdata(_ tokens: ArraySlice<ZoneEntry.Token>) throws(ZoneFileError) -> [UInt8] {
        if let first = tokens.first, first.text == "\\#", !first.isQuoted {
            return try genericRdata(tokens.dropFirst(), line: first.line)
        }
        guard let fields = RecordFields(type) else {
            let line = tokens.first?.line ?? line
            throw fault(
                "the form of \(type) is unknown; expected '\\# length hex' (RFC 3597)",
                line
            )
        }
        try checkFields(Array(tokens), fields)
        let text = tokens.map(presentation).joined(separator: " ")
        let bytesMax = ZoneFileLimits.rdataTextBytesMax
        guard text.utf8.count <= bytesMax else {
            // Beyond this libldns drops the rest without a word.
            let count = text.utf8.count
            throw fault("\(type) data of \(count) characters; expected at most \(bytesMax)", line)
        }
        do throws(LDNSError) {
            // The owner plays no role here, so the root stands in.
            let record = try LDNSRecord(
                presentation: ". 0 IN TYPE\(type.rawValue) \(text)",
                origin: LDNSName(origin)
            )
            return try record.rdata()
        } catch {
            throw diagnose(error, Array(tokens), fields)
        }
    }

    /// The form for any type (RFC 3597 §5): length, then hexadecimal digits in any grouping.
    private func genericRdata(
        _ tokens: ArraySlice<ZoneEntry.Token>,
        line: Int
    ) throws(ZoneFileError) -> [UInt8] {
        guard let first = tokens.first, let length = UInt16(first.text) else {
            throw fault("expected the number of bytes after '\\#', 0 to 65535", line)
        }
        let digits = tokens.dropFirst().flatMap { Array($0.text.utf8) }
        guard digits.count == 2 * Int(length) else {
            let count = digits.count
            throw fault("\(length) bytes need \(2 * Int(length)) digits; found \(count)", line)
        }
        var rdata: [UInt8] = []
        for start in stride(from: 0, to: digits.count, by: 2) {
            let (high, low) = (hexadecimal(digits[start]), hexadecimal(digits[start + 1]))
            guard let high, let low else {
                throw fault("a character that is no hexadecimal digit after '\\#'", line)
            }
            rdata.append(high << 4 | low)
        }
        // Data of a known type must have its form, or answers could not be decoded.
        if RecordFields(type) != nil {
            do throws(LDNSError) {
                var wire: [UInt8] = [0]
                for value in [type.rawValue, 1, 0, 0, length] {
                    wire += [UInt8(value >> 8), UInt8(truncatingIfNeeded: value)]
                }
                _ = try LDNSRecord(wire: wire + rdata)
            } catch {
                throw fault("these \(length) bytes are no data of type \(type)", line)
            }
        }
        return rdata
    }

    private func hexadecimal(_ byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
        default: nil
        }
    }

    /// Refuses what libldns lets through.
    ///
    /// It cuts integers to their width, so a port 70000 would become 4464, and completes a name to
    /// more than 255 bytes.
    private func checkFields(
        _ tokens: [ZoneEntry.Token],
        _ fields: RecordFields
    ) throws(ZoneFileError) {
        for (index, token) in tokens.enumerated().prefix(fields.countMax) {
            switch fields.form(index) {
            case .name:
                do throws(WireError) {
                    _ = try ZoneNameText.absolute(token.text, origin: origin)
                } catch {
                    throw fault("'\(token.text)' is no domain name: \(error)", token.line)
                }
            case .integer(let max):
                guard !token.isQuoted, token.text.utf8.allSatisfy({ 0x30...0x39 ~= $0 }),
                    let value = UInt64(token.text), value <= max
                else {
                    throw fault("'\(token.text)' in \(type) data; expected 0 to \(max)", token.line)
                }
            case .period:
                guard !token.isQuoted, ZoneTTL.span(token.text) != nil else {
                    let message =
                        "'\(token.text)' in \(type) data; expected seconds or a span such as 1h30m"
                    throw fault(message, token.line)
                }
            case .compound:
                return
            default:
                break
            }
        }
    }

    /// Finds the first field that libldns would not read alone.
    private func diagnose(
        _ error: LDNSError,
        _ tokens: [ZoneEntry.Token],
        _ fields: RecordFields
    ) -> ZoneFileError {
        for (index, token) in tokens.enumerated().prefix(fields.countMax) {
            switch fields.form(index) {
            case .ipv4 where !fields.accepts(token.text, as: index):
                let example = "an IPv4 address such as 192.0.2.1"
                return fault("'\(token.text)' in \(type) data; expected \(example)", token.line)
            case .ipv6 where !fields.accepts(token.text, as: index):
                let example = "an IPv6 address such as 2001:db8::1"
                return fault("'\(token.text)' in \(type) data; expected \(example)", token.line)
            case .characterString where !fields.accepts(token.text, as: index):
                let max = WireLimits.characterStringBytesMax
                return fault(
                    "a string of \(type) data is too long; at most \(max) bytes",
                    token.line
                )
            default:
                break
            }
        }
        let expected = Self.expectations[type].map { "; expected \($0)" } ?? ""
        if tokens.count < fields.countMin {
            return fault(
                "\(type) data has \(tokens.count) of \(fields.countMin) fields\(expected)",
                line
            )
        }
        return fault("bad \(type) data (\(error.message))\(expected)", tokens.first?.line ?? line)
    }

    private static let expectations: [RecordType: String] = [
        .a: "an IPv4 address such as 192.0.2.1",
        .aaaa: "an IPv6 address such as 2001:db8::1",
        .ns: "the name of a name server",
        .cname: "one name",
        .dname: "one name",
        .ptr: "one name",
        .mx: "preference and name, such as '10 mail.example.org.'",
        .txt: "strings of at most 255 bytes, in quotes if they hold blanks",
        .srv: "priority, weight, port and target, such as '0 5 8080 www.example.org.'",
        .soa: "primary, mailbox, serial, refresh, retry, expire and minimum",
        .caa: "flags, tag and value, such as '0 issue \"ca.example.net\"'",
        .ds: "key tag, algorithm, digest type and digest",
        .naptr: "order, preference, flags, services, regexp and replacement",
    ]

    /// The field as libldns reads it best: escaped characters as decimals.
    private func presentation(_ token: ZoneEntry.Token) -> String {
        // The parameters of SVCB have escapes of their own (RFC 9460 §2.1).
        guard type != .svcb, type != .https else {
            return token.isQuoted ? "\"\(token.text)\"" : token.text
        }
        var text = ""
        var characters = token.text.makeIterator()
        while let character = characters.next() {
            guard character == "\\", let escaped = characters.next() else {
                text.append(character)
                continue
            }
            if let value = escaped.asciiValue, !escaped.isNumber {
                text += "\\" + String(1000 + Int(value)).dropFirst()
            } else {
                text += "\\\(escaped)"
            }
        }
        return token.isQuoted ? "\"\(text)\"" : text
    }

    private func fault(_ message: String, _ line: Int) -> ZoneFileError {
        ZoneFileError(file: file, line: line, message: message)
    }
}
