extension RData {
    /// The rdata in presentation format; `\# 4 0A000001` for types without one here (RFC 3597 §5).
    package static func text(type: RecordType, rdata: [UInt8]) -> String {
        (try? knownText(type: type, rdata: rdata)) ?? genericText(rdata)
    }

    private static func knownText(type: RecordType, rdata: [UInt8]) throws(WireError) -> String? {
        var reader = MessageReader(rdata)
        let text: String
        switch type {
        case .a where rdata.count == 4, .aaaa where rdata.count == 16:
            return IPAddress(rdata: rdata)?.description
        case .ns, .cname, .ptr, .dname:
            text = try reader.readName().description
        case .mx:
            text = "\(try reader.readUInt16()) \(try reader.readName())"
        case .srv:
            let numbers = [
                try reader.readUInt16(), try reader.readUInt16(), try reader.readUInt16(),
            ]
            text = numbers.map(String.init).joined(separator: " ") + " \(try reader.readName())"
        case .soa:
            var words = ["\(try reader.readName())", "\(try reader.readName())"]
            for _ in 0..<5 { words.append(String(try reader.readUInt32())) }
            text = words.joined(separator: " ")
        case .txt where !rdata.isEmpty:
            var strings: [String] = []
            while !reader.isAtEnd {
                strings.append(quoted(try reader.readBytes(Int(try reader.readUInt8()))))
            }
            text = strings.joined(separator: " ")
        default:
            return nil
        }
        return reader.isAtEnd ? text : nil
    }

    private static func quoted(_ bytes: [UInt8]) -> String {
        var text = "\""
        for byte in bytes {
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"):
                text += "\\"
                text.unicodeScalars.append(Unicode.Scalar(byte))
            case 0x20...0x7E:
                text.unicodeScalars.append(Unicode.Scalar(byte))
            default:
                let digits = String(byte)
                text += "\\" + String(repeating: "0", count: 3 - digits.count) + digits
            }
        }
        return text + "\""
    }

    private static func genericText(_ rdata: [UInt8]) -> String {
        let digits = rdata.map { byte in
            let text = String(byte, radix: 16, uppercase: true)
            return text.count == 1 ? "0" + text : text
        }
        return digits.isEmpty ? "\\# 0" : "\\# \(rdata.count) \(digits.joined())"
    }
}

extension ResourceRecord: CustomStringConvertible {
    /// The line of a master file, such as `web.service.consul. 5 IN A 10.0.1.1`.
    package var description: String {
        "\(owner) \(ttlSeconds) IN \(type) \(RData.text(type: type, rdata: rdata))"
    }
}
