/// The OPT pseudo-record: sizes, flags and options beyond the header (RFC 6891).
package struct EDNS: Hashable, Sendable {
    /// One option, its payload uninterpreted.
    package struct Option: Hashable, Sendable {
        package var code: UInt16
        package var payload: [UInt8]

        package init(code: UInt16, payload: [UInt8]) {
            self.code = code
            self.payload = payload
        }

        /// The name server's identifier (RFC 5001).
        package static let nameServerIdentifier: UInt16 = 3
        /// The network of the client that asked (RFC 7871).
        package static let clientSubnet: UInt16 = 8
        /// The cookies of client and server (RFC 7873).
        package static let cookie: UInt16 = 10
        /// Why the answer is what it is (RFC 8914).
        package static let extendedError: UInt16 = 15
    }

    /// The largest UDP message that the sender takes.
    package var udpPayloadBytes: UInt16
    /// The upper eight bits of the response code.
    package var responseCodeHighBits: UInt8
    package var version: UInt8
    /// The DO bit (RFC 3225).
    package var dnssecOK: Bool
    package var options: [Option]

    package init(
        udpPayloadBytes: UInt16,
        responseCodeHighBits: UInt8 = 0,
        version: UInt8 = 0,
        dnssecOK: Bool = false,
        options: [Option] = []
    ) {
        self.udpPayloadBytes = udpPayloadBytes
        self.responseCodeHighBits = responseCodeHighBits
        self.version = version
        self.dnssecOK = dnssecOK
        self.options = options
    }

    /// Reads the class, TTL and rdata fields of an OPT record.
    package init(recordClass: UInt16, ttl: UInt32, rdata: [UInt8]) throws(WireError) {
        udpPayloadBytes = recordClass
        responseCodeHighBits = UInt8(ttl >> 24)
        version = UInt8(ttl >> 16 & 0xFF)
        dnssecOK = ttl & 0x8000 != 0
        options = []
        var offset = 0
        while offset < rdata.count {
            guard rdata.count - offset >= 4 else { throw .truncated(offset: offset) }
            let code = UInt16(rdata[offset]) << 8 | UInt16(rdata[offset + 1])
            let length = Int(rdata[offset + 2]) << 8 | Int(rdata[offset + 3])
            offset += 4
            guard rdata.count - offset >= length else { throw .truncated(offset: offset) }
            options.append(Option(code: code, payload: Array(rdata[offset..<offset + length])))
            offset += length
        }
    }

    /// The TTL field of the OPT record.
    package var ttl: UInt32 {
        UInt32(responseCodeHighBits) << 24 | UInt32(version) << 16 | (dnssecOK ? 0x8000 : 0)
    }

    /// The options in wire form.
    package var rdata: [UInt8] {
        options.flatMap { option in
            Self.bigEndian(option.code) + Self.bigEndian(UInt16(clamping: option.payload.count))
                + option.payload
        }
    }

    /// The extended errors among the options.
    package var extendedErrors: [ExtendedError] {
        options.filter { $0.code == Option.extendedError && $0.payload.count >= 2 }.map { option in
            ExtendedError(
                infoCode: UInt16(option.payload[0]) << 8 | UInt16(option.payload[1]),
                extraText: String(decoding: option.payload.dropFirst(2), as: UTF8.self)
            )
        }
    }

    private static func bigEndian(_ value: UInt16) -> [UInt8] {
        [UInt8(value >> 8), UInt8(truncatingIfNeeded: value)]
    }
}

extension EDNS {
    /// The well-formed client subnet among the options of a query.
    package var clientSubnet: ClientSubnet? {
        options.first { $0.code == Option.clientSubnet }.flatMap {
            ClientSubnet(payload: $0.payload)
        }
    }
}

extension ExtendedError {
    /// The EDNS option of this error.
    package var option: EDNS.Option {
        EDNS.Option(
            code: EDNS.Option.extendedError,
            payload: [UInt8(infoCode >> 8), UInt8(truncatingIfNeeded: infoCode)]
                + Array(extraText.utf8)
        )
    }
}
