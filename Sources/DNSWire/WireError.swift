/// What is wrong with a name, a record or a message.
///
/// Offsets count bytes from the start of the decoded region.
package enum WireError: Error, Equatable, Sendable {
    /// The region ended before the field that starts at `offset` did.
    case truncated(offset: Int)
    /// A label longer than 63 bytes (RFC 1035 §2.3.4).
    case labelTooLong(bytes: Int)
    /// A name longer than 255 bytes in wire form (RFC 1035 §2.3.4).
    case nameTooLong(bytes: Int)
    /// An empty label inside a name, such as in `a..b`.
    case emptyLabel
    /// A backslash that is not followed by three digits below 256 or by one character (RFC 1035
    /// §5.1).
    case badEscape
    /// A label type other than a plain label or a pointer (RFC 6891 §5).
    case badLabelType(offset: Int)
    /// A compression pointer that does not point backwards (RFC 1035 §4.1.4).
    case badPointer(offset: Int)
    /// A count, length or value that contradicts the bytes that follow.
    case malformed(offset: Int)
}

extension WireError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .truncated(let offset): "the message ends inside a field that starts at byte \(offset)"
        case .labelTooLong(let bytes): "a label has \(bytes) bytes, at most 63 are allowed"
        case .nameTooLong(let bytes): "the name has \(bytes) bytes, at most 255 are allowed"
        case .emptyLabel: "the name has an empty label"
        case .badEscape:
            "a backslash must be followed by three digits up to 255 or by one character"
        case .badLabelType(let offset): "unknown label type at byte \(offset)"
        case .badPointer(let offset):
            "the compression pointer at byte \(offset) does not point backwards"
        case .malformed(let offset): "malformed field at byte \(offset)"
        }
    }
}
