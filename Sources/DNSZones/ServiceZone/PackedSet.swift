internal import DNSResponder
internal import DNSWire

/// The records of many instances, each kind of record once, however many instances give it.
///
/// Where several say different things under one key, the least rdata is answered: the result
/// does not depend on the order in which they came.
struct PackedSet<Key: Hashable> {
    private(set) var records: PackedRecords
    private var places: [Key: Place] = [:]
    private var keys: [Key] = []
    /// How many give each rdata, where they differ.
    private var variants: [Key: [[UInt8]: Int]] = [:]

    private struct Place {
        var position: Int
        /// How many give it.
        var count: Int
    }

    init(type: RecordType, ttlSeconds: UInt32) {
        records = PackedRecords(type: type, ttlSeconds: ttlSeconds)
    }

    mutating func add(_ key: Key, _ rdata: [UInt8]) {
        guard let place = places[key] else {
            places[key] = Place(position: keys.count, count: 1)
            keys.append(key)
            return records.append(rdata)
        }
        places[key]?.count += 1
        let shown = records.rdata(at: place.position)
        guard shown != rdata || variants[key] != nil else { return }
        variants[key, default: [shown: place.count]][rdata, default: 0] += 1
        if rdata.lexicographicallyPrecedes(shown) {
            records.replace(at: place.position, by: rdata)
        }
    }

    /// Takes back what one `add` with the same arguments did.
    mutating func remove(_ key: Key, _ rdata: [UInt8]) {
        guard let place = places[key] else { return }
        guard place.count > 1 else { return removeLast(key, place.position) }
        places[key]?.count -= 1
        guard var counts = variants[key], let count = counts[rdata] else { return }
        counts[rdata] = count > 1 ? count - 1 : nil
        variants[key] = counts.count > 1 ? counts : nil
        let least = counts.keys.min { $0.lexicographicallyPrecedes($1) }
        if let least, least != records.rdata(at: place.position) {
            records.replace(at: place.position, by: least)
        }
    }

    private mutating func removeLast(_ key: Key, _ position: Int) {
        records.remove(at: position)
        places[key] = nil
        variants[key] = nil
        let moved = keys.removeLast()
        guard moved != key else { return }
        keys[position] = moved
        places[moved]?.position = position
    }
}
