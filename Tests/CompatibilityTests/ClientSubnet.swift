import DNSWire
import TestSupport

/// The EDNS option that tells whom a resolver asks for (RFC 7871 §6).
struct ClientSubnet: CustomStringConvertible {
    static let code: UInt16 = 8

    let description: String

    /// Reads the option's payload; nil when it is broken.
    init?(_ payload: [UInt8]) {
        guard payload.count >= 4, payload[0] == 0 else { return nil }
        let isV4 = payload[1] == 1
        var bytes = Array(payload[4...])
        let count = isV4 ? 4 : 16
        guard bytes.count <= count else { return nil }
        bytes += [UInt8](repeating: 0, count: count - bytes.count)
        guard let address = IPAddress(rdata: bytes) else { return nil }
        description = "ECS \(address)/\(payload[2]) scope/\(payload[3])"
    }

    /// The option of `192.0.2.0/24`.
    static func option(_ text: String) throws -> EDNS.Option {
        let halves = text.split(separator: "/")
        guard halves.count == 2, let bits = UInt8(halves[1]), let address = IPAddress(halves[0])
        else { throw UnexpectedAnswer(description: "what subnet is \(text)?") }
        let family: UInt8 = if case .v4 = address { 1 } else { 2 }
        let bytes = address.rdata.prefix((Int(bits) + 7) / 8)
        return EDNS.Option(code: code, payload: [0, family, bits, 0] + bytes)
    }
}
