/// Why a body was not read; the texts follow those that Consul's users know.
enum JSONReadError: Error, Hashable {
    case empty
    case cutShort
    case unexpected(UInt8, String, at: Int)
    case mismatch(found: String, field: String, wanted: String)
    case unknownField(String)
    case badDuration(String)
    case tooDeep(at: Int)
    /// A field of Consul that this server has no use for holds something.
    case unsupported(field: String, reason: String)
}

extension JSONReadError: CustomStringConvertible {
    var description: String {
        switch self {
        case .empty: "EOF"
        case .cutShort: "unexpected EOF"
        case .unexpected(let byte, let place, let offset):
            "invalid character \(Self.quoted(byte)) \(place) (byte \(offset + 1))"
        case .mismatch(let found, let field, let wanted):
            "json: cannot unmarshal \(found) into field \"\(field)\" of type \(wanted)"
        case .unknownField(let name): "json: unknown field \"\(name)\""
        case .badDuration(let text):
            "time: invalid duration \"\(text)\" (write it like \"10s\" or \"1m30s\")"
        case .tooDeep(let offset): "too many brackets inside each other (byte \(offset + 1))"
        case .unsupported(let field, let reason): "field \"\(field)\" is not supported: \(reason)"
        }
    }

    private static func quoted(_ byte: UInt8) -> String {
        (0x20...0x7E).contains(byte)
            ? "'\(Character(Unicode.Scalar(byte)))'"
            : "'\\x\(String(byte, radix: 16))'"
    }
}
