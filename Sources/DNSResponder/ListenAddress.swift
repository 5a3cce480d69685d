internal import CDatagram
package import DNSWire

/// An address and port to listen on, such as `127.0.0.1:8600` or `[::1]:8600`.
package struct ListenAddress: Hashable, Sendable {
    package var address: IPAddress
    /// 0 stands for any free port.
    package var port: UInt16

    package init(address: IPAddress, port: UInt16) {
        self.address = address
        self.port = port
    }

    /// Reads `address:port`; an IPv6 address stands in brackets.
    package init(_ text: String) throws(ResponderError) {
        guard let address = Self.parse(text) else {
            throw ResponderError(
                "'\(text)' is not an address and port such as 127.0.0.1:8600 or [::1]:8600"
            )
        }
        self = address
    }

    private static func parse(_ text: String) -> ListenAddress? {
        guard let colon = text.lastIndex(of: ":") else { return nil }
        let digits = text[text.index(after: colon)...]
        guard digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let port = UInt16(digits)
        else { return nil }
        var host = text[..<colon]
        let isBracketed = host.hasPrefix("[") && host.hasSuffix("]")
        if isBracketed { host = host.dropFirst().dropLast() }
        guard let address = IPAddress(host), isBracketed == (address.bitWidth == 128) else {
            return nil
        }
        return ListenAddress(address: address, port: port)
    }
}

extension ListenAddress: CustomStringConvertible {
    package var description: String {
        switch address {
        case .v4: "\(address):\(port)"
        case .v6: "[\(address)]:\(port)"
        }
    }
}

extension ListenAddress {
    /// The C form.
    var endpoint: datagram_endpoint {
        var endpoint = datagram_endpoint()
        endpoint.port = port
        endpoint.family = address.bitWidth == 32 ? 4 : 6
        let rdata = address.rdata
        unsafe withUnsafeMutableBytes(of: &endpoint.address) { bytes in
            for (index, byte) in rdata.enumerated() { unsafe bytes[index] = byte }
        }
        return endpoint
    }

    init?(_ endpoint: datagram_endpoint) {
        let count = endpoint.family == 4 ? 4 : 16
        let bytes = unsafe withUnsafeBytes(of: endpoint.address) { unsafe Array($0.prefix(count)) }
        guard let address = IPAddress(rdata: bytes) else { return nil }
        self.init(address: address, port: endpoint.port)
    }
}
