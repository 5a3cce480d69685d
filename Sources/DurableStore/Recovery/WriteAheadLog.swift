internal import Foundation

/// SQLite's own log of commits, looked at from outside.
///
/// Why: SQLite takes the first frame with a wrong checksum for the end of its log. After a crash
/// that is right; when commits follow it, those were acknowledged, and the disk has lost them.
struct WriteAheadLog {
    static let headBytes = 32
    private static let frameHeadBytes = 24

    let path: String

    /// True when something that was committed follows a frame that is not whole.
    var isDamagedInside: Bool {
        guard let file = try? FileHandle(forReadingFrom: URL(filePath: path)) else { return false }
        defer { try? file.close() }
        guard let head = try? file.read(upToCount: Self.headBytes), head.count == Self.headBytes
        else { return false }
        let words = Self.words(Array(head))
        let isBigEndian = words[0] & 1 == 1
        var sum: (UInt32, UInt32) = (0, 0)
        Self.add(Array(head[..<24]), isBigEndian, to: &sum)
        let pageBytes = Int(words[2])
        guard words[0] & ~1 == 0x377F_0682, sum == (words[6], words[7]),
            (512...65_536).contains(pageBytes)
        else {
            // Its head is written once, and waited for, before any commit.
            return StoreFolder.size(path) > Self.headBytes + Self.frameHeadBytes
        }
        var isBroken = false
        var commitsAfter = 0
        while let frame = try? file.read(upToCount: Self.frameHeadBytes + pageBytes),
            frame.count == Self.frameHeadBytes + pageBytes
        {
            let bytes = Array(frame)
            let head = Self.words(Array(bytes[..<Self.frameHeadBytes]))
            let isOurs = head[2] == words[4] && head[3] == words[5]
            if !isBroken {
                Self.add(Array(bytes[..<8]), isBigEndian, to: &sum)
                Self.add(Array(bytes[Self.frameHeadBytes...]), isBigEndian, to: &sum)
                isBroken = !isOurs || sum != (head[4], head[5])
                // What a crash leaves behind ends with the commit that nobody was told of.
                if isBroken, isOurs, head[1] != 0 { commitsAfter += 1 }
            } else if isOurs, head[1] != 0 {
                commitsAfter += 1
            }
            if commitsAfter > 1 { return true }
        }
        return false
    }

    private static func words(_ bytes: [UInt8]) -> [UInt32] {
        stride(from: 0, to: bytes.count - 3, by: 4).map { start in
            bytes[start..<(start + 4)].reduce(0) { $0 << 8 | UInt32($1) }
        }
    }

    /// SQLite's checksum: two sums over pairs of words.
    private static func add(
        _ bytes: [UInt8],
        _ isBigEndian: Bool,
        to sum: inout (UInt32, UInt32)
    ) {
        unsafe bytes.withUnsafeBytes { bytes in
            for start in stride(from: 0, to: bytes.count - 7, by: 8) {
                let first = unsafe bytes.loadUnaligned(fromByteOffset: start, as: UInt32.self)
                let second = unsafe bytes.loadUnaligned(fromByteOffset: start + 4, as: UInt32.self)
                let pair =
                    isBigEndian
                    ? (UInt32(bigEndian: first), UInt32(bigEndian: second))
                    : (UInt32(littleEndian: first), UInt32(littleEndian: second))
                sum.0 &+= pair.0 &+ sum.1
                sum.1 &+= pair.1 &+ sum.0
            }
        }
    }
}
