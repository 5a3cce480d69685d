import Testing

@testable import ServiceCatalog

@Suite("Base64")
struct Base64BytesTests {
    @Test(
        "the examples of RFC 4648, both ways",
        arguments: [
            ("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="),
            ("fooba", "Zm9vYmE="), ("foobar", "Zm9vYmFy"),
        ]
    )
    func examples(plain: String, text: String) {
        #expect(Base64Bytes(Array(plain.utf8)).base64 == text)
        #expect(Base64Bytes(base64: text)?.bytes == Array(plain.utf8))
    }

    @Test("every byte at every place comes back")
    func everyByte() {
        for byte in UInt8.min...UInt8.max {
            for bytes in [[byte], [0, byte], [255, 0, byte], [byte, 7, 9, byte]] {
                #expect(Base64Bytes(base64: Base64Bytes(bytes).base64)?.bytes == bytes)
            }
        }
    }

    @Test(
        "what is no base64 is refused",
        arguments: ["Z", "Zg=", "Zg===", "=", "Zh==", "Z g=", "é"]
    )
    func refused(text: String) {
        #expect(Base64Bytes(base64: text) == nil)
    }

    @Test("text without padding is read")
    func unpadded() {
        #expect(Base64Bytes(base64: "Zm8")?.bytes == Array("fo".utf8))
    }
}
