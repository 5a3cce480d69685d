internal import NIOCore

/// The part of an HTTP answer that a probe looks at.
struct HTTPReply: Hashable, Sendable {
    var status: Int
    /// The server's word for the status; may be empty.
    var reason: String
    var location: String?
    /// The last bytes of the body.
    var bodyTail: [UInt8] = []
}

/// Reads one HTTP/1 answer as it comes in (RFC 9112): a value that is fed bytes.
///
/// Why not a decoder of a library: of all headers three matter, and a pipeline of encoder, decoder
/// and validator for each probe costs as much as the rest of it.
struct HTTPReplyReader: Sendable {
    private enum State {
        case head
        case body(left: Int)
        case bodyUntilClose
        case chunkSize
        case chunk(left: Int)
        case complete
    }

    /// A body without end is read so far; its status counts.
    private static let bodyBytesMax = 1 << 20
    private static let headBytesMax = 80 << 10
    private static let chunkLineBytesMax = 4 << 10
    private static let beginning = Array("HTTP/1.".utf8)

    private let tailBytesMax: Int
    private let hasNoBody: Bool
    private var state = State.head
    /// The head, or the line before a chunk, so far.
    private var pending: [UInt8] = []
    private var bodyBytes = 0
    /// Nil until the head was read: it alone decides about health.
    private(set) var reply: HTTPReply?

    init(tailBytesMax: Int, hasNoBody: Bool = false) {
        self.tailBytesMax = max(tailBytesMax, 0)
        self.hasNoBody = hasNoBody
    }

    /// Takes what came in.
    ///
    /// - Returns: true when the answer is complete, or as much of it as is read.
    /// - Throws: `malformed` when it is no HTTP answer; never once there is a reply.
    mutating func read(_ bytes: ByteBufferView) throws(ProbeFailure) -> Bool {
        var rest = bytes
        while !rest.isEmpty, !isComplete {
            switch state {
            case .head:
                let isWhole = takeLines(&rest, untilEmpty: true)
                try checkBeginning()
                if isWhole { try readHead() }
            case .body(let left):
                let taken = take(left, &rest)
                state = taken < left ? .body(left: left - taken) : .complete
            case .bodyUntilClose:
                _ = take(rest.count, &rest)
            case .chunkSize:
                if takeLines(&rest, untilEmpty: false) { readChunkSize() }
                if pending.count > Self.chunkLineBytesMax { state = .complete }
            case .chunk(let left):
                let taken = take(left, &rest)
                state = taken < left ? .chunk(left: left - taken) : .chunkSize
            case .complete: break
            }
            if bodyBytes > Self.bodyBytesMax { state = .complete }
        }
        return isComplete
    }

    private var isComplete: Bool {
        if case .complete = state { true } else { false }
    }

    /// Moves bytes to `pending` until a line ends, or an empty one; false when more must come.
    private mutating func takeLines(_ rest: inout ByteBufferView, untilEmpty: Bool) -> Bool {
        while let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
            pending += rest[...end]
            rest = rest[(end + 1)...]
            if !untilEmpty || pending.endsWithEmptyLine { return true }
        }
        pending += rest
        rest = rest[rest.endIndex...]
        return false
    }

    /// Moves up to `count` bytes of the body out of `rest`; returns how many.
    private mutating func take(_ count: Int, _ rest: inout ByteBufferView) -> Int {
        let taken = rest.prefix(count)
        rest = rest[taken.endIndex...]
        bodyBytes += taken.count
        guard var tail = reply?.bodyTail else { return taken.count }
        reply?.bodyTail = []
        tail += taken.suffix(tailBytesMax)
        if tail.count > tailBytesMax { tail.removeFirst(tail.count - tailBytesMax) }
        reply?.bodyTail = tail
        return taken.count
    }

    /// Refuses early what does not look like HTTP, and a head without end.
    private func checkBeginning() throws(ProbeFailure) {
        guard zip(pending, Self.beginning).allSatisfy({ $0 == $1 }) else {
            throw .malformed("this is not HTTP/1")
        }
        guard pending.count <= Self.headBytesMax else {
            throw .malformed("the head is longer than \(Self.headBytesMax) bytes")
        }
    }

    private mutating func readHead() throws(ProbeFailure) {
        let lines = pending.split(separator: UInt8(ascii: "\n"))
        guard let first = lines.first, var reply = HTTPReply(statusLine: first.trimmed) else {
            throw .malformed("the status line is wrong")
        }
        var length: Int?
        var codings: String?
        for line in lines.dropFirst() {
            // Empty, or more of the header before.
            guard let byte = line.first, !byte.isSpace else { continue }
            guard let colon = line.firstIndex(of: UInt8(ascii: ":")), colon > line.startIndex else {
                throw .malformed("a header has no colon")
            }
            let name = line[..<colon]
            let value = line[(colon + 1)...].trimmed
            if name.spells("content-length") {
                let text = String(decoding: value, as: UTF8.self)
                guard let bytes = UInt32(text), length ?? Int(bytes) == bytes else {
                    throw .malformed("\"\(text.prefix(20))\" is no Content-Length")
                }
                length = Int(bytes)
            } else if name.spells("transfer-encoding") {
                codings = String(decoding: value, as: UTF8.self).lowercased()
            } else if name.spells("location"), reply.location == nil {
                reply.location = String(decoding: value, as: UTF8.self)
            }
        }
        pending = []
        // What comes before the answer (RFC 9110 §15.2).
        if (100..<200).contains(reply.status), reply.status != 101 { return }
        self.reply = reply
        if hasNoBody || [101, 204, 304].contains(reply.status) {
            state = .complete
        } else if let codings {
            state = codings.hasSuffix("chunked") ? .chunkSize : .bodyUntilClose
        } else if let length {
            state = length == 0 ? .complete : .body(left: length)
        } else {
            state = .bodyUntilClose
        }
    }

    /// A wrong line ends the body: the head has decided already (RFC 9112 §7.1).
    private mutating func readChunkSize() {
        let line = pending.prefix { $0 != UInt8(ascii: ";") }.trimmed
        bodyBytes += pending.count
        pending = []
        // The end of the chunk before.
        guard !line.isEmpty else { return }
        let size = UInt32(String(decoding: line, as: UTF8.self), radix: 16) ?? 0
        state = size == 0 ? .complete : .chunk(left: Int(size))
    }
}

extension HTTPReply {
    /// `HTTP/1.1 200 OK`, where the reason may be missing (RFC 9112 §4).
    fileprivate init?(statusLine line: ArraySlice<UInt8>) {
        let parts = line.split(separator: UInt8(ascii: " "), maxSplits: 2)
        guard parts.count >= 2, parts[0].count == 8, parts[0].starts(with: "HTTP/1.".utf8),
            parts[1].count == 3, let status = UInt16(String(decoding: parts[1], as: UTF8.self)),
            status >= 100
        else { return nil }
        let reason = parts.count > 2 ? parts[2].prefix(Self.reasonBytesMax) : []
        self.init(status: Int(status), reason: String(decoding: reason, as: UTF8.self))
    }

    private static let reasonBytesMax = 100
}

extension [UInt8] {
    fileprivate var endsWithEmptyLine: Bool {
        let newline = UInt8(ascii: "\n")
        guard count >= 2, self[count - 1] == newline else { return false }
        return self[count - 2] == newline
            || count >= 3 && self[count - 2] == UInt8(ascii: "\r") && self[count - 3] == newline
    }
}

extension ArraySlice<UInt8> {
    /// Without white space around it.
    fileprivate var trimmed: ArraySlice<UInt8> {
        guard let last = lastIndex(where: { !$0.isSpace }) else { return [] }
        return self[...last].drop(while: \.isSpace)
    }

    /// True when this is `name`, which is in lower case, in any case.
    fileprivate func spells(_ name: String) -> Bool {
        count == name.utf8.count && zip(self, name.utf8).allSatisfy { $0.lowercased == $1 }
    }
}

extension UInt8 {
    fileprivate var lowercased: UInt8 {
        (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(self) ? self | 0x20 : self
    }

    fileprivate var isSpace: Bool { " \t\r\n".utf8.contains(self) }
}
