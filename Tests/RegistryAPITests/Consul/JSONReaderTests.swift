import ServiceCatalog
import Testing

@testable import RegistryAPI

@Suite("Consul's bodies are read in one pass")
struct JSONReaderTests {
    private func readString(_ json: String) throws(JSONReadError) -> String {
        var reader = JSONReader(Array(json.utf8))
        let text = try reader.readString()
        try reader.finish()
        return text
    }

    private func skip(_ json: String) throws(JSONReadError) -> Bool {
        var reader = JSONReader(Array(json.utf8))
        let saysNothing = try reader.skipValue()
        try reader.finish()
        return saysNothing
    }

    @Test("Escapes are undone")
    func escapes() throws {
        #expect(try readString(#""a\"\\\/\n\t\u0041\u00e9\ud83d\ude00""#) == "a\"\\/\n\tAé😀")
        #expect(try readString(#""\ud83dx""#) == "\u{FFFD}x")
        #expect(try readString(" \"plain\" \n") == "plain")
        #expect(try readString("null") == "")
    }

    @Test(
        "Broken JSON is refused with the place",
        arguments: [
            ("", "EOF"),
            ("[", "unexpected EOF"),
            ("{\"a\":1", "unexpected EOF"),
            ("{nope", "invalid character 'n' looking for beginning of object key string (byte 2)"),
            ("{\"a\" 1}", "invalid character '1' after object key (byte 6)"),
            ("{\"a\":1,}", "invalid character '}' after a comma (byte 8)"),
            ("[1 2]", "invalid character '2' after array element (byte 4)"),
            ("nul", "unexpected EOF"),
            ("nuxx", "invalid character 'x' in literal null (byte 3)"),
            ("\"a", "unexpected EOF"),
            ("\"\u{1}\"", "invalid character '\\x1' in string literal (byte 2)"),
            ("\"\\q\"", "invalid character 'q' in string escape code (byte 3)"),
            ("1 x", "invalid character 'x' after top-level value (byte 3)"),
            ("-", "invalid character '-' in numeric literal (byte 1)"),
            ("[01]", "invalid character '0' in numeric literal (byte 2)"),
            ("[1-2]", "invalid character '-' after array element (byte 3)"),
            ("?", "invalid character '?' looking for beginning of value (byte 1)"),
        ]
    )
    func broken(_ json: String, _ message: String) {
        let error = #expect(throws: JSONReadError.self) { try skip(json) }
        #expect(error?.description == message)
    }

    @Test("Nesting has a limit, so that no body can exhaust the stack")
    func depth() {
        let error = #expect(throws: JSONReadError.self) {
            try skip(String(repeating: "[", count: 100_000))
        }
        #expect(error == .tooDeep(at: 64))
    }

    @Test("A skipped value tells whether it says anything")
    func silence() throws {
        for json in ["null", "false", "0", "0.0", "\"\"", "{}", "[]", #"{"a":{"b":[null,""]}}"#] {
            #expect(try skip(json), "\(json)")
        }
        for json in ["true", "1", "\"x\"", "[0,1]", #"{"a":{"b":"x"}}"#] {
            #expect(try !skip(json), "\(json)")
        }
    }

    @Test(
        "Durations are text or nanoseconds",
        arguments: [
            ("\"10s\"", 10_000), ("\"1m30s\"", 90_000), ("\"15.0s\"", 15_000),
            ("1500000000", 1_500),
            ("\"1ns\"", 1), ("\"\"", 0), ("null", 0), ("-5000000", -5),
        ]
    )
    func durations(_ json: String, _ milliseconds: Int) throws {
        var reader = JSONReader(Array(json.utf8))
        #expect(try reader.readMilliseconds() == milliseconds)
    }

    @Test("What is no duration is refused")
    func badDurations() {
        for json in ["\"soon\"", "\"10\"", "1e30"] {
            var reader = JSONReader(Array(json.utf8))
            let error = #expect(throws: JSONReadError.self) { try reader.readMilliseconds() }
            #expect(error?.description.hasPrefix("time: invalid duration") == true)
        }
        var reader = JSONReader(Array("true".utf8))
        #expect(throws: JSONReadError.mismatch(found: "bool", field: "", wanted: "duration")) {
            try reader.readMilliseconds()
        }
    }

    @Test("A value of the wrong type names its field")
    func mismatch() {
        let error = #expect(throws: JSONReadError.self) {
            try ServiceBody(body: Array(#"{"Name":"x","Port":"eighty"}"#.utf8))
        }
        #expect(
            error?.description
                == "json: cannot unmarshal string into field \"Port\" of type int"
        )
        #expect(throws: JSONReadError.mismatch(found: "number 1.5", field: "Port", wanted: "int")) {
            try ServiceBody(body: Array(#"{"Port":1.5}"#.utf8))
        }
    }

    @Test("Field names are matched in any letter case, and by their old spellings")
    func fieldNames() throws {
        let json = #"""
            {"id":"i","NAME":"n","tags":["t"],"tagged_addresses":{"lan":{"address":"a","port":1}},
             "enable_tag_override":true,"check":{"http":"u","interval":"1s","tls_skip_verify":true,
             "deregister_critical_service_after":"2m","ServiceID":"ignored"}}
            """#
        let body = try ServiceBody(body: Array(json.utf8))
        #expect(body.id == "i")
        #expect(body.name == "n")
        #expect(body.taggedAddresses["lan"]?.port == 1)
        #expect(body.enableTagOverride)
        #expect(body.checks.first?.tlsSkipsVerify == true)
        #expect(body.checks.first?.deregisterAfterMilliseconds == 120_000)
    }

    @Test("Unknown fields are refused by name, at every level")
    func unknownFields() {
        for (json, name) in [
            (#"{"Nmae":"x"}"#, "Nmae"), (#"{"Check":{"Script":"x"}}"#, "Script"),
            (#"{"Weights":{"Heavy":1}}"#, "Heavy"), (#"{"Check":{"ID":"x"}}"#, "ID"),
            (#"{"Service":"x"}"#, "Service"),
        ] {
            #expect(throws: JSONReadError.unknownField(name)) {
                try ServiceBody(body: Array(json.utf8))
            }
        }
        #expect(throws: JSONReadError.unknownField("Name")) {
            try CatalogRegistrationBody(body: Array(#"{"Service":{"Name":"x"}}"#.utf8))
        }
    }

    @Test("What this server cannot do is refused, not dropped")
    func unsupported() throws {
        let ignorable = #"{"Name":"x","Proxy":null,"Connect":{},"SocketPath":"","Namespace":""}"#
        #expect(try ServiceBody(body: Array(ignorable.utf8)).name == "x")
        for field in [
            #""Proxy":{"DestinationServiceName":"y"}"#, #""Connect":{"SidecarService":{}}"#,
            #""Connect":{"Native":true}"#,
        ] {
            let error = #expect(throws: JSONReadError.self) {
                try ServiceBody(body: Array("{\(field)}".utf8))
            }
            #expect(error?.description.contains("is not supported") == true)
        }
    }
}
