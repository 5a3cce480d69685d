internal import DNSWire

/// What the configuration says about each reply, without anything that is counted by reference.
///
/// Made once a worker; `deallocate` ends it.
@unsafe struct ReplySettings {
    /// Our UDP size: advertised, and the limit of what is sent.
    let udpPayloadBytesMax: Int
    /// The whole NSID option (RFC 5001); nil when there is none.
    let identifierOption: UnsafeMutableRawPointer?
    let identifierBytes: Int
    let setsRecursionAvailable: Bool

    /// An identifier of this size leaves room for the longest question in 512 bytes.
    static let identifierBytesMax = 128
    static let udpPayloadBytesLimit = 4096

    init(_ configuration: ResponderConfiguration) {
        unsafe udpPayloadBytesMax = unsafe min(
            max(configuration.udpPayloadBytesMax, WireLimits.plainUDPBytesMax),
            Self.udpPayloadBytesLimit
        )
        let identifier = unsafe configuration.nameServerIdentifier.prefix(Self.identifierBytesMax)
        let option = EDNS.Option(
            code: EDNS.Option.nameServerIdentifier,
            payload: Array(identifier)
        )
        let bytes = identifier.isEmpty ? [] : EDNS(udpPayloadBytes: 0, options: [option]).rdata
        unsafe identifierBytes = bytes.count
        if bytes.isEmpty {
            unsafe identifierOption = nil
        } else {
            let copy = UnsafeMutableRawPointer.allocate(byteCount: bytes.count, alignment: 8)
            unsafe copy.copyMemory(from: bytes, byteCount: bytes.count)
            unsafe identifierOption = unsafe copy
        }
        unsafe setsRecursionAvailable = configuration.setsRecursionAvailable
    }

    func deallocate() {
        unsafe identifierOption?.deallocate()
    }
}
