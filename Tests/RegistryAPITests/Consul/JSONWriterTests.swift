import Testing

@testable import RegistryAPI

@Suite("Consul's answers are written straight to bytes")
struct JSONWriterTests {
    private func write(_ body: (inout JSONWriter) -> Void) -> String {
        var writer = JSONWriter()
        body(&writer)
        return String(decoding: writer.bytes, as: UTF8.self)
    }

    @Test("Commas stand between fields and elements only")
    func commas() {
        let json = write { writer in
            writer.beginObject()
            writer.field("a", 1)
            writer.key("b")
            writer.beginArray()
            writer.beginObject()
            writer.endObject()
            writer.null()
            writer.bool(true)
            writer.endArray()
            writer.field("c", ["x", "y"])
            writer.field("d", ["k2": "v", "k1": "v"], whenEmpty: "null")
            writer.field("e", [:], whenEmpty: "null")
            writer.endObject()
        }
        #expect(
            json == #"{"a":1,"b":[{},null,true],"c":["x","y"],"d":{"k1":"v","k2":"v"},"e":null}"#
        )
    }

    @Test("Text is escaped where JSON demands it")
    func escapes() {
        #expect(write { $0.string("a\"\\\n\r\t\u{1}\u{1F}é/") } == #""a\"\\\n\r\t\u0001\u001fé/""#)
    }

    @Test("JSON for people has lines and levels")
    func indented() {
        let compact = Array(#"{"a":[1,{}],"b":"x{,:\"","c":{"d":[]}}"#.utf8)
        let expected = """
            {
                "a": [
                    1,
                    {}
                ],
                "b": "x{,:\\"",
                "c": {
                    "d": []
                }
            }

            """
        #expect(String(decoding: JSONWriter.indented(compact), as: UTF8.self) == expected)
    }
}
