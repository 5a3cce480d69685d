import DNSWire

@testable import EncryptedDNS

/// Whole messages: what can be read can be written and reads back the same.
final class MessageFuzzer: Fuzzer {
    init() {}

    func run(_ bytes: [UInt8]) {
        checkEncrypted(bytes)
        guard let message = try? Message(decoding: bytes) else { return }
        _ = message.edns?.extendedErrors
        _ = message.edns?.clientSubnet
        let written = message.encoded()
        expect(written.count <= WireLimits.messageBytesMax, "a message of \(written.count) bytes")
        let read: Message
        do {
            read = try Message(decoding: written)
        } catch {
            fatalError("our own message cannot be read: \(error)")
        }
        if !read.header.isTruncated || message.header.isTruncated {
            let fits =
                read.answer.count == message.answer.count
                && read.authority.count == message.authority.count
                && read.additional.count == message.additional.count
            let isSame =
                read.answer.folded == message.answer.folded
                && read.authority.folded == message.authority.folded
                && read.additional.folded == message.additional.folded
            expect(!fits || isSame, "reads back as another one: \(message) as \(read)")
        }
        let short = message.encoded(bytesMax: 512)
        let fixed =
            message.questions.reduce(0) { $0 + $1.name.wire.count + 4 }
            + (message.edns.map { 11 + $0.rdata.count } ?? 0)
        if fixed <= 500 { expect(short.count <= 512, "a cut message of \(short.count) bytes") }
        for question in message.questions { check(question.name) }
        for record in message.answer + message.additional {
            check(record.owner)
            _ = "\(record)"
        }
    }

    /// What DoT and DoH do with replies.
    private func checkEncrypted(_ bytes: [UInt8]) {
        _ = AnswerLifetime.seconds(of: bytes)
        _ = ReplyPadding.isWanted(by: bytes)
        let padded = ReplyPadding.padded(bytes)
        guard padded.count != bytes.count else { return }
        expect(padded.count % 468 == 0 || padded.count == WireLimits.messageBytesMax, "no block")
        guard let before = try? Message(decoding: bytes), let after = try? Message(decoding: padded)
        else { fatalError("padding makes a message unreadable") }
        expect(after.answer == before.answer, "padding changes the answer")
    }

    private func check(_ name: DomainName) {
        let read = try? DomainName(name.description)
        expect(read?.wire == name.wire, "\(name) reads back as another name")
    }
}
