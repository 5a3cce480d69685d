internal import FoundationEssentials
package import ServiceCatalog

/// A catalog as one file: a line that names the format, a line with index, length and checksum, then
/// the contents as JSON.
package enum SnapshotFile {
    /// Why a file is refused.
    package enum Damage: Error, CustomStringConvertible {
        case notOurs
        case cutShort
        case changed
        case unreadable(String)

        package var description: String {
            switch self {
            case .notOurs: "the file is no snapshot of Rollcall's format 1"
            case .cutShort: "the snapshot is cut short, or something follows it"
            case .changed: "the snapshot was damaged: its checksum is wrong"
            case .unreadable(let reason): "the snapshot cannot be read: \(reason)"
            }
        }
    }

    private static let firstLine = "rollcall-snapshot 1\n"

    package static func write(_ contents: CatalogContents, index: CatalogIndex) throws -> [UInt8] {
        var body = SnapshotBody()
        try body.add("accessPolicies") { contents.accessPolicies.forEach($0) }
        try body.add("accessTokens") { contents.accessTokens.forEach($0) }
        try body.add("checks") { contents.checks.forEach($0) }
        try body.add("entries") { contents.entries.forEach($0) }
        try body.add("instances") { contents.instances.forEach($0) }
        try body.add("nodes") { contents.nodes.forEach($0) }
        try body.add("preparedQueries") { contents.preparedQueries.forEach($0) }
        try body.add("sessions") { contents.sessions.forEach($0) }
        return file(of: body, index: index)
    }

    /// The same for a catalog, without a copy of all that it holds.
    package static func write(_ catalog: Catalog) throws -> [UInt8] {
        var body = SnapshotBody()
        try body.add("accessPolicies") { catalog.accessPolicies.forEach($0) }
        try body.add("accessTokens") { catalog.accessTokens.forEach($0) }
        try body.add("checks") { add in
            for node in catalog.nodes { catalog.checks(onNode: node.name).forEach(add) }
        }
        try body.add("entries") { catalog.entries.forEach($0) }
        try body.add("instances") { catalog.forEachInstance($0) }
        try body.add("nodes") { catalog.nodes.forEach($0) }
        try body.add("preparedQueries") { catalog.preparedQueries.forEach($0) }
        try body.add("sessions") { catalog.sessions.forEach($0) }
        return file(of: body, index: catalog.index)
    }

    private static func file(of body: consuming SnapshotBody, index: CatalogIndex) -> [UInt8] {
        body.end()
        let sum = String(checksum(body.bytes), radix: 16)
        let head = "\(firstLine)\(index) \(body.bytes.count) \(sum)\n"
        var file = body.bytes
        body.bytes = []
        file.insert(contentsOf: head.utf8, at: 0)
        return file
    }

    /// True when `file` begins as one does.
    package static func isOne(_ file: [UInt8]) -> Bool { file.starts(with: firstLine.utf8) }

    /// - Throws: `Damage`; nothing of such a file is used.
    package static func read(_ file: [UInt8]) throws(Damage) -> CatalogContents {
        let (json, _) = try body(of: file)
        do {
            return try JSONDecoder().decode(CatalogContents.self, from: Data(json))
        } catch {
            throw .unreadable("\(error)")
        }
    }

    /// The contents as JSON and the index that they were saved at, once the file is found whole.
    ///
    /// - Throws: `Damage`; nothing of such a file is used.
    package static func body(
        of file: [UInt8]
    ) throws(Damage) -> (json: ArraySlice<UInt8>, index: CatalogIndex) {
        guard file.starts(with: firstLine.utf8) else { throw .notOurs }
        let rest = file.dropFirst(firstLine.utf8.count)
        guard let end = rest.prefix(128).firstIndex(of: 0x0A) else { throw .cutShort }
        let head = String(decoding: rest[..<end], as: UTF8.self).split(separator: " ")
        guard head.count == 3, let index = UInt64(head[0]), let count = Int(head[1]),
            let sum = UInt64(head[2], radix: 16)
        else { throw .notOurs }
        let body = rest[(end + 1)...]
        guard body.count == count else { throw .cutShort }
        guard checksum(body) == sum else { throw .changed }
        return (body, index)
    }

    /// CRC-64 with the polynomial of ECMA-182, bits reversed.
    static func checksum(_ bytes: some Sequence<UInt8>) -> UInt64 {
        var sum = UInt64.max
        for byte in bytes {
            sum = table[Int(UInt8(truncatingIfNeeded: sum) ^ byte)] ^ (sum >> 8)
        }
        return ~sum
    }

    private static let table: [UInt64] = (0..<256).map { byte in
        var sum = UInt64(byte)
        for _ in 0..<8 { sum = sum & 1 == 1 ? (sum >> 1) ^ 0xC96C_5795_D787_0F42 : sum >> 1 }
        return sum
    }
}

/// The contents of a snapshot as JSON, made of some things at a time.
///
/// Why: the encoder takes ten times the memory of what it makes.
private struct SnapshotBody {
    private static let partMax = 256

    var bytes: [UInt8] = []
    private let encoder = JSONEncoder()

    init() { encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes] }

    /// Adds a list, whose things `visit` hands on one by one; lists come in the order of their names.
    ///
    /// - Throws: `EncodingError`.
    mutating func add<Thing: Encodable>(
        _ name: String,
        _ visit: ((Thing) -> Void) -> Void
    ) throws {
        bytes.append(contentsOf: (bytes.isEmpty ? "{\"" : ",\"").utf8)
        bytes.append(contentsOf: name.utf8)
        bytes.append(contentsOf: "\":[".utf8)
        let start = bytes.count
        var part: [Thing] = []
        var failure: (any Error)?
        func flush() {
            do {
                guard failure == nil, !part.isEmpty else { return }
                let json = try encoder.encode(part)
                if bytes.count > start { bytes.append(UInt8(ascii: ",")) }
                bytes.append(contentsOf: json.dropFirst().dropLast())
            } catch {
                failure = error
            }
            part.removeAll(keepingCapacity: true)
        }
        visit { thing in
            part.append(thing)
            if part.count == Self.partMax { flush() }
        }
        flush()
        if let failure { throw failure }
        bytes.append(UInt8(ascii: "]"))
    }

    mutating func end() { bytes.append(UInt8(ascii: "}")) }
}
