/// Finds the order of keys that have two parts.
///
/// Why not `sorted` on the keys: each comparison and each move would retain and release texts, which
/// was half of the cost of a fold.
struct KeyOrder {
    private var bytes: [UInt8] = []
    private var ranges: [Range<Int>] = []

    init(capacity: Int) {
        ranges.reserveCapacity(capacity)
        bytes.reserveCapacity(capacity * 32)
    }

    mutating func add(_ first: String, _ second: String) {
        let start = bytes.count
        bytes.append(contentsOf: first.utf8)
        bytes.append(0)
        bytes.append(contentsOf: second.utf8)
        ranges.append(start..<bytes.count)
    }

    /// The positions of the keys, in their order.
    func sorted() -> [Int] {
        ranges.indices.sorted { left, right in
            bytes[ranges[left]].lexicographicallyPrecedes(bytes[ranges[right]])
        }
    }
}
