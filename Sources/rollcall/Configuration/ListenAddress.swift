internal import DNSWire

/// An IP address and a port to listen on.
struct ListenAddress: Hashable, Sendable {
    var address: IPAddress
    /// 0 asks the system for a free port.
    var port: UInt16

    init(address: IPAddress, port: UInt16) {
        self.address = address
        self.port = port
    }

    /// Reads `127.0.0.1:8600` or `[::1]:8600`; nil for anything else.
    init?(_ text: String) {
        guard let colon = text.lastIndex(of: ":") else { return nil }
        let digits = text[text.index(after: colon)...]
        guard !digits.isEmpty, digits.utf8.allSatisfy({ $0 >= 0x30 && $0 <= 0x39 }),
            let port = UInt16(digits)
        else { return nil }
        var host = text[..<colon]
        let isBracketed = host.hasPrefix("[") && host.hasSuffix("]")
        if isBracketed { host = host.dropFirst().dropLast() }
        guard let address = IPAddress(host) else { return nil }
        // Without brackets the last group of an IPv6 address would be taken for the port.
        guard isBracketed == (address.bitWidth == 128) else { return nil }
        self.init(address: address, port: port)
    }
}

extension ListenAddress: CustomStringConvertible {
    var description: String {
        address.bitWidth == 128 ? "[\(address)]:\(port)" : "\(address):\(port)"
    }
}
