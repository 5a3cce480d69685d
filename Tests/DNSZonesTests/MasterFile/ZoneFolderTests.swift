import DNSWire
import Foundation
import TestSupport
import Testing

@testable import DNSZones

@Suite("Folders of zone files")
struct ZoneFolderTests {
    private func withFolder(_ files: [String: String], _ body: (String) throws -> Void) throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        for (file, text) in files {
            try Data(text.utf8).write(to: folder.appending(path: file))
        }
        try body(folder.path())
    }

    private let zone = "@ 5 SOA a b 1 2 3 4 5\n@ NS a\n"

    @Test("all files called *.zone are read, others are not")
    func load() throws {
        let files = [
            "a.example.zone": zone, "b.example.zone": zone, "notes.txt": "?", ".hidden.zone": "?",
        ]
        try withFolder(files) { path in
            let folder = try ZoneFolder.load(path: path)
            #expect(Set(folder.zones.zones.keys) == [name("a.example."), name("b.example.")])
            #expect(folder.warnings.isEmpty)
        }
        try withFolder([:]) { path in
            let folder = try ZoneFolder.load(path: path)
            #expect(folder.zones.zones.isEmpty)
        }
    }

    @Test("a zone in two files, or one that the catalog serves, is a fault")
    func conflicts() throws {
        let files = ["a.example.zone": zone, "b.example.zone": "$ORIGIN a.example.\n" + zone]
        try withFolder(files) { path in
            let error = try #require(throws: ZoneFileError.self) { try ZoneFolder.load(path: path) }
            #expect(error.file.hasSuffix("/b.example.zone"))
            #expect(error.message.contains("is already in"))
        }
        try withFolder(["consul.zone": zone]) { path in
            let error = try #require(throws: ZoneFileError.self) {
                try ZoneFolder.load(path: path, otherApexes: [name("consul.")])
            }
            #expect(error.message.contains("served from the catalog"))
        }
    }

    @Test("a folder that does not exist says so")
    func missing() throws {
        let error = try #require(throws: ZoneFileError.self) {
            try ZoneFolder.load(path: "/nowhere")
        }
        #expect(error.description == "/nowhere: cannot read the folder: No such file or directory")
    }

    @Test("the folder of the quick start loads")
    func shipped() throws {
        let path = Fixtures.repository.appending(path: "zones").path()
        let folder = try ZoneFolder.load(path: path)
        #expect(folder.zones.zones.keys.contains(name("example.org.")))
        #expect(folder.warnings.isEmpty)
    }
}
