/// Sizes that the protocol fixes, in bytes.
///
/// Inlinable, and the type usable from inline code: the packet path of another module uses them, and
/// each would be a call.
@usableFromInline
package enum WireLimits {
    /// One label without its length byte (RFC 1035 §2.3.4).
    @inlinable package static var labelBytesMax: Int { 63 }
    /// One name in wire form, the root's byte included (RFC 1035 §2.3.4).
    @inlinable package static var nameBytesMax: Int { 255 }
    /// One character-string without its length byte (RFC 1035 §3.3).
    @inlinable package static var characterStringBytesMax: Int { 255 }
    /// The header (RFC 1035 §4.1.1).
    @inlinable package static var headerBytes: Int { 12 }
    /// A UDP message to a client without EDNS (RFC 1035 §2.3.4).
    @inlinable package static var plainUDPBytesMax: Int { 512 }
    /// Any message: TCP's length prefix has two bytes (RFC 1035 §4.2.2).
    @inlinable package static var messageBytesMax: Int { 65_535 }
    /// What a compression pointer can reach (RFC 1035 §4.1.4).
    @inlinable package static var pointerReachBytes: Int { 0x4000 }
}
