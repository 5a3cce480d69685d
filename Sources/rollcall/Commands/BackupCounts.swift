/// How many objects each list of a JSON document has: `{"nodes": [{…}, {…}], …}`.
struct BackupCounts {
    private var counts: [String: Int] = [:]

    /// Counts what is in `json`, whose checksum was found right.
    init(_ json: ArraySlice<UInt8>) {
        var depth = 0
        var isInText = false
        var isEscaped = false
        var text: [UInt8] = []
        for byte in json {
            if isInText {
                if isEscaped {
                    isEscaped = false
                } else if byte == UInt8(ascii: "\\") {
                    isEscaped = true
                } else if byte == UInt8(ascii: "\"") {
                    isInText = false
                } else if depth == 1 {
                    text.append(byte)
                }
                continue
            }
            switch byte {
            case UInt8(ascii: "\""):
                isInText = true
                if depth == 1 { text.removeAll(keepingCapacity: true) }
            case UInt8(ascii: "{"):
                if depth == 2 { counts[String(decoding: text, as: UTF8.self), default: 0] += 1 }
                depth += 1
            case UInt8(ascii: "["): depth += 1
            case UInt8(ascii: "}"), UInt8(ascii: "]"): depth -= 1
            default: break
            }
        }
    }

    subscript(list: String) -> Int { counts[list] ?? 0 }
}
