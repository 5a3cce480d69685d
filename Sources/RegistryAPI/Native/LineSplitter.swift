/// Cuts a stream of bytes into lines; a line that is too long is skipped, and reported.
struct LineSplitter: Sendable {
    struct Line: Sendable {
        /// From 1.
        var number: Int
        /// Nil for a line that was too long.
        var bytes: [UInt8]?

        /// The line as the JSON value that it must be.
        func json() throws -> JSONValue {
            guard let bytes else { throw APIError(.badRequest, "the line is too long") }
            do {
                return try JSONParser.parse(bytes)
            } catch {
                throw APIError(
                    .badRequest,
                    "malformed JSON at column \(error.column): \(error.reason)"
                )
            }
        }
    }

    private let lineBytesMax: Int
    private var number = 1
    private var rest: [UInt8] = []
    private var isTooLong = false

    /// What it keeps of a line whose end has not come yet.
    var heldBytes: Int { rest.count }

    init(lineBytesMax: Int) {
        self.lineBytesMax = lineBytesMax
    }

    /// Takes more bytes; returns the lines that they end, blank ones left out.
    mutating func take<Bytes: Collection<UInt8>>(_ bytes: Bytes) -> [Line] {
        var lines: [Line] = []
        var rest = bytes[...]
        while let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
            add(rest[..<end])
            if let line = takeLast() { lines.append(line) }
            number += 1
            rest = rest[rest.index(after: end)...]
        }
        add(rest)
        return lines
    }

    private mutating func add(_ bytes: some Collection<UInt8>) {
        if rest.count + bytes.count <= lineBytesMax {
            rest.append(contentsOf: bytes)
        } else {
            isTooLong = true
        }
    }

    /// What came after the last line break; nil when there is nothing.
    mutating func takeLast() -> Line? {
        defer {
            rest.removeAll(keepingCapacity: true)
            isTooLong = false
        }
        if isTooLong { return Line(number: number, bytes: nil) }
        guard rest.contains(where: { $0 > 0x20 }) else { return nil }
        return Line(number: number, bytes: rest)
    }
}
