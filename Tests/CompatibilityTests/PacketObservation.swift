import DNSWire
import TestSupport

/// What becomes of a packet that no ordinary client sends: response code, opcode, QR and id only.
struct PacketObservation {
    let server: ServerUnderTest
    let question: Scenario.Case

    /// Silence has to be waited for, and is where it is expected.
    private static let silenceMilliseconds = 300

    func observe(expectsSilence: Bool) throws -> [String: JSON] {
        let packet = try packet()
        let dns = server.process.dns
        let reply =
            question["via"].text == "tcp"
            ? try? dns.exchangeTCP(packet)
            : try dns.exchangeUDP(
                packet,
                timeoutMilliseconds: expectsSilence ? Self.silenceMilliseconds : nil
            )
        guard let reply, reply.count >= 12 else { return ["reply": .bool(false)] }
        let header = Header(
            id: UInt16(reply[0]) << 8 | UInt16(reply[1]),
            flags: UInt16(reply[2]) << 8 | UInt16(reply[3])
        )
        let code = ResponseCode(rawValue: UInt16(header.responseCodeBits))
        return [
            "reply": .bool(true),
            "rcode": .text(code?.mnemonic ?? "\(header.responseCodeBits)"),
            "opcode": .number(Double(header.opcode)),
            "qr": .bool(header.isResponse),
            "id": .bool(reply.prefix(2) == packet.prefix(2)),
        ]
    }

    private func packet() throws -> [UInt8] {
        let raw = question["raw"]
        if let digits = raw["hex"].text { return try bytes(digits) }
        var message = Message.query(
            id: .random(in: 0...(.max)),
            name: try DomainName(raw["name"].text ?? "consul.service.consul"),
            type: raw["type"].text.flatMap { RecordType($0) } ?? .a
        )
        message.header.recursionDesired = true
        message.header.opcode = UInt8(raw["opcode"].number ?? 0)
        message.header.isResponse = raw["qr"].isTrue
        var packet = message.encoded()
        if let count = raw["qd"].number {
            let question = Array(packet[12...])
            packet = Array(packet[..<12]) + (0..<count).flatMap { _ in question }
            packet[5] = UInt8(count)
        }
        if let length = raw["cut"].number { packet = Array(packet.prefix(length)) }
        if let digits = raw["append"].text { packet += try bytes(digits) }
        if let count = raw["ancount"].number { packet[7] = UInt8(count) }
        if let count = raw["arcount"].number { packet[11] = UInt8(count) }
        return packet
    }

    private func bytes(_ digits: String) throws -> [UInt8] {
        let digits = Array(digits.filter { $0 != " " })
        return try stride(from: 0, to: digits.count, by: 2).map { start in
            guard start + 1 < digits.count,
                let byte = UInt8(String(digits[start...start + 1]), radix: 16)
            else { throw UnexpectedAnswer(description: "\(question.id): no hexadecimal digits") }
            return byte
        }
    }
}
