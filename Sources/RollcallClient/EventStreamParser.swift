/// Cuts a byte stream into server-sent events.
///
/// A value without I/O: bytes go in as they arrive, events come out.
/// HTML Living Standard §9.2.6.
struct EventStreamParser {
    /// One event; `data` without the final line feed.
    struct Event: Hashable {
        var name: String
        var data: String
        var id: String?
    }

    /// The stream sends more than a client should hold.
    struct TooLarge: Error {}

    /// An event that is larger than this is not one of ours.
    static let eventBytesMax = 1 << 28

    private var line: [UInt8] = []
    private var endedWithCarriageReturn = false
    private var name = ""
    private var data: [String] = []
    private var id: String?
    private var eventBytes = 0

    /// Takes bytes and returns the events that they complete.
    mutating func take(_ bytes: some Sequence<UInt8>) throws(TooLarge) -> [Event] {
        var events: [Event] = []
        for byte in bytes {
            switch byte {
            case UInt8(ascii: "\n") where endedWithCarriageReturn:
                endedWithCarriageReturn = false
            case UInt8(ascii: "\n"), UInt8(ascii: "\r"):
                endedWithCarriageReturn = byte == UInt8(ascii: "\r")
                if let event = endLine() { events.append(event) }
            default:
                endedWithCarriageReturn = false
                line.append(byte)
                eventBytes += 1
                guard eventBytes <= Self.eventBytesMax else { throw TooLarge() }
            }
        }
        return events
    }

    private mutating func endLine() -> Event? {
        let text = String(decoding: line, as: UTF8.self)
        line.removeAll(keepingCapacity: true)
        guard !text.isEmpty else { return endEvent() }
        let colon = text.firstIndex(of: ":") ?? text.endIndex
        var value = text[colon...].dropFirst()
        if value.hasPrefix(" ") { value = value.dropFirst() }
        switch text[..<colon] {
        case "event": name = String(value)
        case "data": data.append(String(value))
        case "id" where !value.contains("\0"): id = String(value)
        // A comment has an empty name; the rest, such as `retry`, is not used.
        default: break
        }
        return nil
    }

    private mutating func endEvent() -> Event? {
        defer {
            name = ""
            data = []
            eventBytes = 0
        }
        guard !data.isEmpty else { return nil }
        return Event(
            name: name.isEmpty ? "message" : name,
            data: data.joined(separator: "\n"),
            id: id
        )
    }
}
