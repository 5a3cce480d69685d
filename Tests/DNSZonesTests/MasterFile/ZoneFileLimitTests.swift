import DNSWire
import Foundation
import Testing

@testable import DNSZones

@Suite("Limits of zone files")
struct ZoneFileLimitTests {
    @Test("a file that is too large is not read")
    func fileSize() throws {
        let file = FileManager.default.temporaryDirectory.appending(
            path: "\(UUID().uuidString).zone"
        )
        #expect(FileManager.default.createFile(atPath: file.path(), contents: nil))
        defer { try? FileManager.default.removeItem(at: file) }
        let handle = try FileHandle(forWritingTo: file)
        // A hole: takes no space on the disk.
        try handle.truncate(atOffset: UInt64(ZoneFileLimits.fileBytesMax) + 1)
        try handle.close()
        let error = try #require(throws: ZoneFileError.self) {
            try ZoneFile.load(path: file.path())
        }
        #expect(error.message.contains("at most \(ZoneFileLimits.fileBytesMax) are allowed"))
    }

    @Test("a record with too many fields is refused")
    func fields() throws {
        let body =
            "a TXT (" + String(repeating: " x\n", count: ZoneFileLimits.tokensPerEntryMax) + ")"
        let error = try #require(throws: ZoneFileError.self) { try ZoneText.file(body) }
        #expect(error.line == 8)
        #expect(error.message.contains("more than \(ZoneFileLimits.tokensPerEntryMax) fields"))
    }

    @Test("data as long as allowed are read whole, longer ones are refused")
    func rdata() throws {
        let string = "\"\(String(repeating: "x", count: 255))\""
        let longest = Array(repeating: string, count: 250).joined(separator: " ")
        #expect(try ZoneText.file("a TXT \(longest)").records[3].rdata.count == 250 * 256)
        let tooLong = "a TXT \(longest) \(longest)"
        #expect(throws: ZoneFileError.self) { _ = try ZoneText.file(tooLong) }
        let digits = String(repeating: "ab", count: 65_535)
        #expect(
            try ZoneText.file("a TYPE65280 \\# 65535 \(digits)").records[3].rdata.count == 65_535
        )
    }
}
