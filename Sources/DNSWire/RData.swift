/// Builds the rdata of the common record types, names uncompressed.
package enum RData {
    /// Where the names of a type's rdata are: after `bytesBefore` fixed bytes, `names` in a row.
    package struct NameLayout: Hashable, Sendable {
        package var bytesBefore: Int
        package var names: Int
    }

    /// The layout of a type whose rdata holds names that senders may compress, SRV among them; else
    /// nil.
    package static func nameLayout(of type: RecordType) -> NameLayout? {
        switch type {
        case .ns, .cname, .ptr: NameLayout(bytesBefore: 0, names: 1)
        case .mx: NameLayout(bytesBefore: 2, names: 1)
        case .srv: NameLayout(bytesBefore: 6, names: 1)
        case .soa: NameLayout(bytesBefore: 0, names: 2)
        default: nil
        }
    }

    /// A or AAAA (RFC 1035 §3.4.1, RFC 3596 §2.2).
    package static func address(_ address: IPAddress) -> [UInt8] { address.rdata }

    /// NS, CNAME, PTR or DNAME: one name.
    package static func name(_ name: DomainName) -> [UInt8] { name.wire }

    /// SRV (RFC 2782).
    package static func srv(
        priority: UInt16,
        weight: UInt16,
        port: UInt16,
        target: DomainName
    ) -> [UInt8] {
        var rdata: [UInt8] = []
        rdata.reserveCapacity(6 + target.wire.count)
        rdata.append(UInt8(priority >> 8))
        rdata.append(UInt8(truncatingIfNeeded: priority))
        rdata.append(UInt8(weight >> 8))
        rdata.append(UInt8(truncatingIfNeeded: weight))
        rdata.append(UInt8(port >> 8))
        rdata.append(UInt8(truncatingIfNeeded: port))
        rdata += target.wire
        return rdata
    }

    /// MX (RFC 1035 §3.3.9).
    package static func mx(preference: UInt16, exchange: DomainName) -> [UInt8] {
        bigEndian(preference) + exchange.wire
    }

    /// TXT: each string becomes one character-string, or several when it is longer than 255 bytes.
    ///
    /// RFC 1035 §3.3.14. No string at all becomes one empty character-string.
    package static func txt(_ strings: some Sequence<String>) -> [UInt8] {
        var rdata: [UInt8] = []
        for string in strings {
            var rest = ArraySlice(string.utf8)
            repeat {
                let part = rest.prefix(WireLimits.characterStringBytesMax)
                rdata.append(UInt8(part.count))
                rdata.append(contentsOf: part)
                rest = rest.dropFirst(part.count)
            } while !rest.isEmpty
        }
        return rdata.isEmpty ? [0] : rdata
    }

    /// SOA (RFC 1035 §3.3.13).
    package static func soa(
        primary: DomainName,
        mailbox: DomainName,
        serial: UInt32,
        refreshSeconds: UInt32,
        retrySeconds: UInt32,
        expireSeconds: UInt32,
        minimumSeconds: UInt32
    ) -> [UInt8] {
        primary.wire + mailbox.wire
            + [serial, refreshSeconds, retrySeconds, expireSeconds, minimumSeconds].flatMap {
                bigEndian(UInt16($0 >> 16)) + bigEndian(UInt16(truncatingIfNeeded: $0))
            }
    }

    private static func bigEndian(_ value: UInt16) -> [UInt8] {
        [UInt8(value >> 8), UInt8(truncatingIfNeeded: value)]
    }
}
