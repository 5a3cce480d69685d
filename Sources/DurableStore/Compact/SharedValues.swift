/// The last values that were read, by their bytes: what a million things say alike is in memory
/// once.
///
/// Cost: a fixed number of places; a value takes the place of another whose bytes have the same
/// hash.
struct SharedValues<Value> {
    private struct Known {
        var bytes: [UInt8]
        var value: Value
    }

    private static var placeCount: Int { 1_024 }
    /// Longer ones are seldom alike.
    private static var bytesMax: Int { 512 }

    /// None until the first value.
    private var places: [Known?] = []

    func value(of bytes: ArraySlice<UInt8>) -> Value? {
        guard !places.isEmpty, let known = places[Self.place(bytes)],
            known.bytes.count == bytes.count,
            known.bytes.elementsEqual(bytes)
        else { return nil }
        return known.value
    }

    mutating func keep(_ value: Value, of bytes: ArraySlice<UInt8>) {
        guard bytes.count <= Self.bytesMax else { return }
        if places.isEmpty { places = Array(repeating: nil, count: Self.placeCount) }
        places[Self.place(bytes)] = Known(bytes: Array(bytes), value: value)
    }

    /// FNV-1a: the bytes come from our own file, so nobody gains by bytes that collide.
    private static func place(_ bytes: ArraySlice<UInt8>) -> Int {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for byte in bytes { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
        return Int(truncatingIfNeeded: (hash ^ hash >> 32) & UInt64(placeCount - 1))
    }
}
