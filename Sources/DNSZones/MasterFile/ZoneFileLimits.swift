/// Bounds of what one zone file may hold, its included files counted in.
package enum ZoneFileLimits {
    /// One file; each file is read into memory whole.
    package static let fileBytesMax = 64 << 20
    /// Records of one zone.
    package static let recordsMax = 1_000_000
    /// `$INCLUDE` inside `$INCLUDE`; a file that includes itself ends here.
    package static let includeDepthMax = 8
    /// Fields of one record; TXT data as long as allowed in one-byte strings stay below.
    package static let tokensPerEntryMax = 40_000
    /// The data of one record as text; longer data fit the form `\# length hex` (RFC 3597).
    package static let rdataTextBytesMax = 65_000
    /// RFC 2181 §8: a TTL has 31 bits.
    package static let ttlSecondsMax = 2_147_483_647
}
