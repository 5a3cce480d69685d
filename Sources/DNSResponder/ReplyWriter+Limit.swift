internal import DNSWire

/// Answers of which somebody chose to give only a part.
extension ReplyWriter {
    /// True for a UDP reply that may have no more than the 512 bytes of plain DNS.
    var isSmall: Bool { unsafe parsed.replyBytesMax == WireLimits.plainUDPBytesMax }

    /// Copies at most `countMax` records of the first section, from record `first` on, and those
    /// additional ones whose owner is named in them.
    @inline(never)
    mutating func writeLimited(
        _ answer: UnsafePointer<CompiledAnswer>,
        startingAt first: Int,
        countMax: Int
    ) {
        let header = unsafe answer.pointee
        let records = unsafe UnsafeRawPointer(answer) + Int(header.recordsOffset)
        let space = unsafe recordsEnd - count
        let firstCount = Int(header.firstCount)
        unsafe isAuthoritative = true
        var used = 0
        var written = 0
        while written < min(countMax, firstCount) {
            let index = (first + written) % firstCount
            let start = Int(unsafe boundary(answer, index))
            let byteCount = Int(unsafe boundary(answer, index + 1)) - start
            guard used + byteCount <= space else {
                unsafe isTruncated = true
                break
            }
            unsafe (reply + count + used).copyMemory(from: records + start, byteCount: byteCount)
            used += byteCount
            written += 1
        }
        let start = Int(unsafe boundary(answer, first))
        var additional = 0
        if unsafe !isTruncated {
            let window = NamedWindow(start: start, bytes: used, firstBytes: Int(header.firstBytes))
            additional = unsafe writeNamed(answer, window, space: space, used: &used)
        }
        unsafe setCounts(header, first: UInt16(written), additional: UInt16(additional))
        unsafe count += used
    }

    /// The part of the first section that was copied: `bytes` from `start` on, around its end.
    private struct NamedWindow {
        var start: Int
        var bytes: Int
        var firstBytes: Int

        /// Where in the copy a place of the first section is; nil when it was not copied.
        func place(_ value: UInt32) -> Int? {
            var place = Int(value) - start
            if place < 0 { place += firstBytes }
            return place < bytes ? place : nil
        }
    }

    /// Copies the additional records whose owner is a pointer into `window`; their number.
    private func writeNamed(
        _ answer: UnsafePointer<CompiledAnswer>,
        _ window: NamedWindow,
        space: Int,
        used: inout Int
    ) -> Int {
        let header = unsafe answer.pointee
        let records = unsafe UnsafeRawPointer(answer) + Int(header.recordsOffset)
        let fixups = unsafe fixups(answer)
        var fixup = 0
        var written = 0
        for index in Int(header.firstCount)..<Int(header.firstCount) + Int(header.additionalCount) {
            let start = Int(unsafe boundary(answer, index))
            let byteCount = Int(unsafe boundary(answer, index + 1)) - start
            while fixup < Int(header.fixupCount), unsafe Int(fixups[fixup].position) < start {
                fixup += 1
            }
            guard fixup < Int(header.fixupCount), unsafe Int(fixups[fixup].position) == start,
                unsafe fixups[fixup].pointsIntoFirstSection,
                let place = unsafe window.place(fixups[fixup].value)
            else { continue }
            guard used + byteCount <= space else { break }
            unsafe (reply + count + used).copyMemory(from: records + start, byteCount: byteCount)
            unsafe store(0xC000 | UInt16(truncatingIfNeeded: count + place), at: count + used)
            used += byteCount
            written += 1
        }
        return written
    }
}
