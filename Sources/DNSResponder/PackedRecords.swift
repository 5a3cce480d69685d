package import DNSWire

/// Records of one type at whatever name is asked for, as they stand in a reply.
///
/// Why: an RRset of thousands of records changes by one record at a time; encoded like this, the
/// others are only copied.
package struct PackedRecords: Hashable, Sendable {
    private(set) var bytes: [UInt8] = []
    /// Where each record starts, and the end.
    private(set) var boundaries: [UInt32] = [0]
    /// Owner, type, class and TTL of each record.
    private let head: [UInt8]

    /// The owner's pointer, type, class, TTL and the length of the rdata.
    private static let headBytes = 12

    package init(type: RecordType, ttlSeconds: UInt32) {
        var records = RecordsEncoder()
        records.append(type, ttlSeconds: ttlSeconds, rdata: [])
        head = Array(records.bytes.dropLast(2))
    }

    package var count: Int { boundaries.count - 1 }

    /// The size of all records in a reply.
    package var byteCount: Int { bytes.count }

    package func rdata(at index: Int) -> [UInt8] {
        Array(bytes[Int(boundaries[index]) + Self.headBytes..<Int(boundaries[index + 1])])
    }

    /// All rdata in order.
    package var rdata: [[UInt8]] { (0..<count).map { rdata(at: $0) } }

    /// `rdata` has at most 65,535 bytes.
    package mutating func append(_ rdata: [UInt8]) {
        bytes += head
        bytes.append(UInt8(truncatingIfNeeded: rdata.count >> 8))
        bytes.append(UInt8(truncatingIfNeeded: rdata.count))
        bytes += rdata
        boundaries.append(UInt32(bytes.count))
    }

    /// Replaces the rdata of a record by as many bytes.
    package mutating func replace(at index: Int, by rdata: [UInt8]) {
        let start = Int(boundaries[index]) + Self.headBytes
        bytes.replaceSubrange(start..<Int(boundaries[index + 1]), with: rdata)
    }

    /// Removes a record; the last one takes its place.
    package mutating func remove(at index: Int) {
        let last = count - 1
        let range = Int(boundaries[index])..<Int(boundaries[index + 1])
        let lastRange = Int(boundaries[last])..<Int(boundaries[last + 1])
        if index != last {
            let moved = Array(bytes[lastRange])
            bytes.replaceSubrange(range, with: moved)
            let difference = UInt32(bitPattern: Int32(moved.count - range.count))
            // Records mostly have one length, and then no other one moves.
            if difference != 0 {
                for next in index + 1..<boundaries.count { boundaries[next] &+= difference }
            }
        }
        bytes.removeLast(lastRange.count)
        boundaries.removeLast()
    }
}
