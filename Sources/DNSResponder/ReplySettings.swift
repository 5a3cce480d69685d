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
    /// The cookie option of the current query's reply, when it has one.
    let cookieOption: UnsafeMutableRawPointer

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
        unsafe cookieOption = .allocate(byteCount: ServerCookie.optionBytes, alignment: 8)
        let empty = EDNS.Option(
            code: EDNS.Option.cookie,
            payload: Array(repeating: 0, count: ServerCookie.optionBytes - 4)
        )
        unsafe cookieOption.copyMemory(
            from: EDNS(udpPayloadBytes: 0, options: [empty]).rdata,
            byteCount: ServerCookie.optionBytes
        )
    }

    func deallocate() {
        unsafe identifierOption?.deallocate()
        unsafe cookieOption.deallocate()
    }
}
