import Foundation
import Glibc
import TestSupport
import Testing

extension Faults {
    @Suite("A damaged catalog of a server that gives root up")
    struct StoreOwnerTests {
        private static let user = "nobody"

        private func needRoot() throws {
            guard geteuid() == 0 else {
                throw UnexpectedAnswer(description: "this test needs root: it changes its user")
            }
        }

        private func owner(_ path: String) throws -> uid_t {
            var facts = stat()
            guard unsafe lstat(path, &facts) == 0 else {
                throw UnexpectedAnswer(description: "\(path): errno \(errno)")
            }
            return facts.st_uid
        }

        /// All files and folders of the data folder that are not the user's.
        private func strangers(_ scratch: ScratchFolder) throws -> [String] {
            guard let entry = unsafe getpwnam(Self.user) else { return ["no user"] }
            let id = unsafe entry.pointee.pw_uid
            let data = scratch.path("data")
            let names = try FileManager.default.subpathsOfDirectory(atPath: data)
            return try names.filter { try owner(data + "/" + $0) != id }
        }

        private func ruinRows(_ scratch: ScratchFolder) throws {
            let file = try FileHandle(
                forUpdating: URL(filePath: scratch.path("data/rollcall.sqlite"))
            )
            try file.write(contentsOf: Data(repeating: 0x58, count: 9_000))
            try file.close()
        }

        @Test("what is set aside and restored is the user's, and the server can tell of it")
        func restored() async throws {
            try needRoot()
            let scratch = try ScratchFolder()
            let flags = ["--user", Self.user]
            let first = try await RollcallProcess.start(flags, scratch: scratch)
            try first.register(#"{"service": "web", "host": "10.0.1.1", "port": 80}"#)
            #expect(try await first.stop() == .exit(0))
            #expect(try strangers(scratch).isEmpty)
            try ruinRows(scratch)
            let second = try await RollcallProcess.start(flags, scratch: scratch)
            #expect(try second.dns.addresses("web.service.consul") == ["10.0.1.1"])
            #expect(try second.problemCodes() == ["catalog_restored"])
            #expect(try strangers(scratch).isEmpty)
            let names = try FileManager.default.contentsOfDirectory(atPath: scratch.path("data"))
            #expect(names.contains { $0.hasPrefix("damaged-") })
            try second.register(
                #"{"service": "web", "id": "b", "host": "10.0.1.2", "port": 80}"#
            )
            // The last snapshot is written as the user.
            #expect(try await second.stop() == .exit(0))
            #expect(try strangers(scratch).isEmpty)
            #expect(!second.process.errors.contains("could not be written"))
        }

        @Test(
            "a folder that root's server left, snapshots and set aside files too, becomes the user's"
        )
        func takenOver() async throws {
            try needRoot()
            let scratch = try ScratchFolder()
            let first = try await RollcallProcess.start(scratch: scratch)
            try first.register(#"{"service": "web", "host": "10.0.1.1", "port": 80}"#)
            #expect(try await first.stop() == .exit(0))
            try ruinRows(scratch)
            let second = try await RollcallProcess.start(scratch: scratch)
            #expect(try await second.stop() == .exit(0))
            #expect(try owner(scratch.path("data/snapshots")) == 0)
            // A link leads nowhere: what it names stays root's.
            let outside = try scratch.write("secret", to: "outside")
            try FileManager.default.createSymbolicLink(
                atPath: scratch.path("data/snapshots/link"),
                withDestinationPath: outside
            )
            try FileManager.default.createSymbolicLink(
                atPath: scratch.path("data/damaged-link"),
                withDestinationPath: scratch.url.path(percentEncoded: false)
            )
            let third = try await RollcallProcess.start(["--user", Self.user], scratch: scratch)
            #expect(try third.dns.addresses("web.service.consul") == ["10.0.1.1"])
            #expect(try third.problemCodes() == ["catalog_restored"])
            #expect(try owner(outside) == 0)
            #expect(Set(try strangers(scratch)) == ["snapshots/link", "damaged-link"])
            #expect(try await third.stop() == .exit(0))
            #expect(Set(try strangers(scratch)) == ["snapshots/link", "damaged-link"])
        }
    }
}
