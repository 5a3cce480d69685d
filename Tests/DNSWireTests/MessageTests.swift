import Testing

@testable import DNSWire

@Suite("Messages")
struct MessageTests {
    private func sample() throws -> Message {
        var message = Message.query(
            id: 0xBEEF,
            name: try DomainName("_web._tcp.service.consul."),
            type: .srv,
            edns: EDNS(
                udpPayloadBytes: 1232,
                responseCodeHighBits: 0,
                dnssecOK: true,
                options: [ExtendedError(infoCode: 3, extraText: "stale").option]
            )
        )
        message.header.isResponse = true
        message.header.isAuthoritative = true
        message.answer = try (0..<5).map {
            ResourceRecord(
                owner: try DomainName("_web._tcp.service.consul."),
                type: .srv,
                ttlSeconds: 5,
                rdata: RData.srv(
                    priority: 1,
                    weight: 2,
                    port: 80,
                    target: try DomainName("n\($0).node.consul.")
                )
            )
        }
        message.authority = [
            ResourceRecord(
                owner: try DomainName("consul."),
                type: .soa,
                ttlSeconds: 5,
                rdata: RData.soa(
                    primary: try DomainName("ns.consul."),
                    mailbox: try DomainName("hostmaster.consul."),
                    serial: 4_000_000_000,
                    refreshSeconds: 1,
                    retrySeconds: 2,
                    expireSeconds: 3,
                    minimumSeconds: 4
                )
            )
        ]
        message.additional = [
            ResourceRecord(
                owner: try DomainName("N0.node.consul."),
                type: .a,
                ttlSeconds: 5,
                rdata: [10, 0, 0, 1]
            )
        ]
        return message
    }

    @Test("a message reads back as it was written, names compressed")
    func roundTrip() throws {
        let message = try sample()
        let bytes = message.encoded()
        #expect(try Message(decoding: bytes) == message)
        let plain = message.answer.map { $0.owner.wire.count + 10 + $0.rdata.count }.reduce(0, +)
        #expect(bytes.count < plain + 200)
        #expect(message.edns?.extendedErrors == [ExtendedError(infoCode: 3, extraText: "stale")])
    }

    @Test("at every size the message keeps question and OPT, and TC tells of missing answers")
    func truncation() throws {
        let message = try sample()
        let whole = message.encoded().count
        for bytesMax in 100...whole {
            let bytes = message.encoded(bytesMax: bytesMax)
            #expect(bytes.count <= bytesMax)
            let read = try Message(decoding: bytes)
            #expect(read.questions == message.questions)
            #expect(read.edns == message.edns)
            let isMissing = read.answer != message.answer || read.authority != message.authority
            #expect(read.header.isTruncated == isMissing)
        }
    }

    @Test("every truncation of a message is an error")
    func shortMessages() throws {
        let bytes = try sample().encoded()
        for count in 0..<bytes.count {
            #expect(throws: WireError.self) { try Message(decoding: Array(bytes.prefix(count))) }
        }
        #expect(throws: WireError.malformed(offset: bytes.count)) {
            try Message(decoding: bytes + [0])
        }
    }

    @Test("mutated messages are read or refused, never a crash")
    func mutations() throws {
        let bytes = try sample().encoded()
        var refused = 0
        for _ in 0..<5000 {
            var mutated = bytes
            for _ in 0..<4 { mutated[Int.random(in: 0..<bytes.count)] = UInt8.random(in: 0...255) }
            if (try? Message(decoding: mutated)) == nil { refused += 1 }
        }
        #expect(refused > 0)
    }

    @Test(
        "a pointer that loops or points forwards is refused",
        arguments: [[0xC0, 0], [0xC0, 2, 0], [1, 97, 0xC0, 0]]
    )
    func pointers(bytes: [UInt8]) {
        var reader = MessageReader(bytes)
        #expect(throws: WireError.self) { try reader.readName() }
    }

    @Test("a chain of pointers is followed as far as a name can need it", arguments: [1, 128, 129])
    func chains(length: Int) throws {
        // The root, then pointers that each lead to the one before.
        var bytes: [UInt8] = [0]
        for hop in 0..<length {
            let target = hop == 0 ? 0 : 1 + 2 * (hop - 1)
            bytes += [0xC0 | UInt8(target >> 8), UInt8(target & 0xFF)]
        }
        var reader = MessageReader(bytes, offset: bytes.count - 2)
        if length <= 128 {
            #expect(try reader.readName() == .root)
        } else {
            #expect(throws: WireError.badPointer(offset: 1)) { try reader.readName() }
        }
    }

    @Test(
        "rdata is written as in master files",
        arguments: [
            (RecordType.a, [10, 0, 0, 1], "10.0.0.1"),
            (.mx, [0, 10, 2, 109, 120, 0], "10 mx."),
            (.srv, [0, 1, 0, 2, 0, 80, 1, 97, 0], "1 2 80 a."),
            (.txt, [2, 97, 34, 1, 200, 0], #""a\"" "\200" """#),
            (.ns, [2, 110, 115, 0], "ns."),
            (.a, [1, 2, 3], "\\# 3 010203"),
            (.srv, [0, 1], "\\# 2 0001"),
            (.caa, [], "\\# 0"),
        ] as [(RecordType, [UInt8], String)]
    )
    func text(type: RecordType, rdata: [UInt8], text: String) {
        #expect(RData.text(type: type, rdata: rdata) == text)
    }

    @Test("long TXT strings are split, and none becomes one empty string")
    func txt() {
        #expect(RData.txt([]) == [0])
        #expect(RData.txt([""]) == [0])
        let long = RData.txt([String(repeating: "x", count: 300)])
        #expect(long.count == 302)
        #expect(long[0] == 255 && long[256] == 45)
    }

    @Test("an OPT option that is cut off is refused")
    func options() {
        #expect(throws: WireError.self) {
            try EDNS(recordClass: 512, ttl: 0, rdata: [0, 3, 0, 5, 1])
        }
    }
}
