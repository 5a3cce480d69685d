internal import ServiceCatalog

extension KeyValueEntry {
    /// Of all its fields, as its row has them.
    var checksum: UInt32 {
        var sum = Checksum()
        sum.add(key)
        unsafe value.bytes.withUnsafeBytes { unsafe sum.add($0) }
        // Key and value have any length, so what is where must count too.
        sum.add(UInt64(key.utf8.count))
        sum.add(flags)
        sum.add(session ?? "")
        sum.add(session == nil ? 0 : 1)
        for index in [lockIndex, createIndex, modifyIndex] { sum.add(index) }
        return sum.value
    }
}
