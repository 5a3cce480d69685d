/// Sizes that the protocol fixes, in bytes.
package enum WireLimits {
    /// One label without its length byte (RFC 1035 §2.3.4).
    package static let labelBytesMax = 63
    /// One name in wire form, the root's byte included (RFC 1035 §2.3.4).
    package static let nameBytesMax = 255
    /// One character-string without its length byte (RFC 1035 §3.3).
    package static let characterStringBytesMax = 255
    /// The header (RFC 1035 §4.1.1).
    package static let headerBytes = 12
    /// A UDP message to a client without EDNS (RFC 1035 §2.3.4).
    package static let plainUDPBytesMax = 512
    /// Any message: TCP's length prefix has two bytes (RFC 1035 §4.2.2).
    package static let messageBytesMax = 65_535
    /// What a compression pointer can reach (RFC 1035 §4.1.4).
    package static let pointerReachBytes = 0x4000
}
