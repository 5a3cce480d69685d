/// The frame of what is stored: a version, a checksum, and then what was always stored.
enum CheckedForm {
    /// Starts a row.
    static func begin(_ writer: inout ByteWriter) {
        writer.removeAll()
        writer.write(CompactForm.checkedVersion)
        for _ in 0..<4 { writer.write(0 as UInt8) }
    }

    /// Ends a row: notes its checksum, to which `addKey` adds what belongs to it elsewhere.
    static func seal(_ writer: inout ByteWriter, addKey: (inout Checksum) -> Void) {
        var sum = Checksum()
        unsafe writer.withBytes { unsafe sum.add(UnsafeRawBufferPointer(rebasing: $0[5...])) }
        addKey(&sum)
        writer.overwrite(with: sum.value, at: 1)
    }

    /// What is in the frame, once it is found to be undamaged; all of `row` when it has none.
    ///
    /// - Throws: `ChecksumMismatch`, `CompactFormError`, or what `addKey` throws.
    static func open(
        _ row: UnsafeRawBufferPointer,
        addKey: (inout Checksum) throws -> Void
    ) throws -> UnsafeRawBufferPointer {
        guard unsafe row.first == CompactForm.checkedVersion else { return unsafe row }
        guard row.count >= 5 else { throw CompactFormError.tooShort }
        let body = unsafe UnsafeRawBufferPointer(rebasing: row[5...])
        var sum = Checksum()
        unsafe sum.add(body)
        try addKey(&sum)
        let noted = unsafe row.loadUnaligned(fromByteOffset: 1, as: UInt32.self)
        guard UInt32(littleEndian: noted) == sum.value else { throw ChecksumMismatch() }
        return unsafe body
    }
}
