import CLDNS
import DNSResponder
import DNSWire
import DNSZones

/// Packets to the workers' code.
///
/// Whatever comes in, a reply is one that its asker may have: small enough, to the question that was
/// asked, and readable by libldns and by us.
final class QuestionFuzzer: Fuzzer {
    private let sample: SampleServer
    /// With cookies, rates and lists, at a time that it is told.
    let protected: InProcessServer
    /// Runs on, so that the rates of one input do not count for the next.
    var seconds: UInt32 = 0

    /// When the cookies in the corpus were made.
    static let startSeconds: UInt32 = 1_800_000_000

    init() {
        do {
            sample = try SampleServer(zones: SampleZones.all())
            protected = try SampleServer.server(sample.table, sample.fallback)
        } catch {
            fatalError("\(error)")
        }
    }

    func run(_ bytes: [UInt8]) {
        var query = bytes
        let choice = query.takeByte()
        let overTCP = choice & 1 != 0
        let client: IPAddress? = choice & 2 != 0 ? .v4(0x0A00_0001) : nil
        if choice & 4 != 0 {
            return serveProtected(query, choice: choice, overTCP: overTCP, client: client)
        }
        let reply = sample.server.serve(query, overTCP: overTCP, client: client)
        let again = sample.twin.serve(query, overTCP: overTCP, client: client)
        expect((reply == nil) == (again == nil), "one of two servers is silent")
        guard let reply, let again else { return }
        expect(reply[3] & 0x0F == again[3] & 0x0F, "two servers have two response codes")
        check(reply, to: query, overTCP: overTCP)
    }

    func check(_ reply: [UInt8], to query: [UInt8], overTCP: Bool) {
        expect(query.count >= WireLimits.headerBytes, "an answer to a message without a header")
        expect(query[2] & 0x80 == 0, "an answer to an answer")
        expect(reply.count >= WireLimits.headerBytes, "a reply without a header")
        expect(reply[..<2] == query[..<2], "another identifier")
        expect(reply[2] & 0x80 != 0, "a reply that is a query")
        expect(reply[2] & 0x78 == query[2] & 0x78, "another opcode")
        expect(reply[2] & 0x01 == query[2] & 0x01, "RD is not copied")
        let decoded: Message
        do {
            decoded = try Message(decoding: reply)
        } catch {
            fatalError("a reply that we cannot read: \(error)")
        }
        expect(Self.libraryReads(reply), "a reply that libldns cannot read")
        if !decoded.questions.isEmpty { checkQuestion(reply, query) }
        expect(reply.count <= Self.bytesMax(query, overTCP: overTCP), "a reply that is too long")
        let asked = try? Message(decoding: query)
        guard let asked else { return }
        expect((asked.edns != nil) == (decoded.edns != nil), "OPT is not answered with OPT")
        if asked.questions.count == 1 {
            expect(decoded.questions.count == 1, "a reply without the question")
        }
    }

    /// The bytes of the question come back as they were, letter case too.
    private func checkQuestion(_ reply: [UInt8], _ query: [UInt8]) {
        var reader = MessageReader(reply, offset: WireLimits.headerBytes)
        guard (try? reader.readQuestion()) != nil else { fatalError("an unreadable question") }
        let range = WireLimits.headerBytes..<reader.offset
        expect(query.count >= range.upperBound, "a longer question than was asked")
        expect(reply[range] == query[range], "another question")
    }

    /// What the client takes: what the OPT of a readable query says, but never more than ours.
    private static func bytesMax(_ query: [UInt8], overTCP: Bool) -> Int {
        if overTCP { return WireLimits.messageBytesMax }
        guard let edns = (try? Message(decoding: query))?.edns else {
            // Not all that the server reads is readable to the strict reader: then only our own size
            // is known.
            return (try? Message(decoding: query)) == nil ? 1232 : WireLimits.plainUDPBytesMax
        }
        return min(max(Int(edns.udpPayloadBytes), WireLimits.plainUDPBytesMax), 1232)
    }

    private static func libraryReads(_ message: [UInt8]) -> Bool {
        var packet: UnsafeMutablePointer<ldns_pkt>?
        let status = unsafe ldns_wire2pkt(&packet, message, message.count)
        unsafe ldns_pkt_free(packet)
        return status == LDNS_STATUS_OK
    }
}
