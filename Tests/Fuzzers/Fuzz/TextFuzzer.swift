import DNSWire

@testable import EncryptedDNS
@testable import HealthProber
@testable import RegistryAPI
@testable import RollcallClient
@testable import ServiceCatalog

/// Small texts from requests: each is refused, or read and written again without a difference.
final class TextFuzzer: Fuzzer {
    init() {}

    func run(_ bytes: [UInt8]) {
        let text = String(bytes)
        checkTimes(text)
        checkAddresses(text)
        if let decoded = PercentText.decode(text, plusIsSpace: bytes.count & 1 == 0) {
            expect(decoded.utf8.count <= text.utf8.count, "decoding made it longer")
        }
        if let value = Base64Bytes(base64: text) {
            expect(Base64Bytes(base64: value.base64)?.bytes == value.bytes, "base64 of \(text)")
        }
        let encoded = Base64Bytes(bytes)
        expect(Base64Bytes(base64: encoded.base64)?.bytes == bytes, "base64 of the input")
        if let name = try? DomainName(text) {
            expect((try? DomainName(name.description))?.wire == name.wire, "\(name) changes")
        }
        if UUIDText.isUUID(text) { expect(text.utf8.count == 36, "\(text) is no UUID") }
        if let value = Base64URL.decode(text) {
            expect(value.count == text.utf8.count * 3 / 4, "base64url of \(text)")
        }
        _ = HostKind(text)
        checkURL(text)
        checkEvents(bytes)
    }

    /// However an event stream is cut into pieces, its events are the same.
    private func checkEvents(_ bytes: [UInt8]) {
        var whole = EventStreamParser()
        var cut = whole
        guard let events = try? whole.take(bytes) else { fatalError("a small stream is too large") }
        let pieces = bytes.map { byte in (try? cut.take([byte])) ?? [] }
        expect(pieces.flatMap(\.self) == events, "other events in pieces")
    }

    private func checkTimes(_ text: String) {
        guard let milliseconds = GoDuration.milliseconds(text) else { return }
        let written = GoDuration.format(milliseconds: milliseconds)
        let read = GoDuration.milliseconds(written)
        expect(read == milliseconds, "\(text): \(milliseconds) ms, written \(written)")
    }

    private func checkAddresses(_ text: String) {
        if let address = IPAddress(text) {
            expect(IPAddress("\(address)") == address, "\(text) changes")
        }
        if let prefix = NetworkPrefix(text) { _ = "\(prefix)" }
        if let address = IPAddress(hexadecimal: text) {
            expect(text.utf8.count == 8 || text.utf8.count == 32, "\(text) is \(address)")
        }
    }

    private func checkURL(_ text: String) {
        guard let plain = ProbeURL(plain: text) else { return }
        // Who connects refuses ports above 65,535, with the port in the message.
        expect((1...99_999).contains(plain.port), "port \(plain.port)")
        expect(!plain.host.isEmpty, "no host")
    }
}
