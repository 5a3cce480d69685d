import Foundation
import Glibc
import TestSupport
import Testing

extension ProgramTests {
    @Suite("What the program gives up once it has started")
    struct ConfinementTests {
        private static let user = "nobody"

        /// One field of `status` for every thread of a process.
        private func threads(_ pid: Int32, _ field: String) throws -> [String] {
            let tasks = "/proc/\(pid)/task"
            return try FileManager.default.contentsOfDirectory(atPath: tasks).compactMap { id in
                // A thread may end between the list and the look.
                let status = try? String(contentsOfFile: "\(tasks)/\(id)/status", encoding: .utf8)
                let line = status?.split(separator: "\n").first { $0.hasPrefix("\(field):") }
                return line.map {
                    $0.dropFirst(field.count + 1).trimmingCharacters(in: .whitespaces)
                }
            }
        }

        private static func ids() throws -> (user: uid_t, group: gid_t) {
            guard let entry = unsafe getpwnam(user) else {
                throw UnexpectedAnswer(description: "no user \(user)")
            }
            return unsafe (entry.pointee.pw_uid, entry.pointee.pw_gid)
        }

        private func owner(_ path: String) throws -> Int {
            let facts = try FileManager.default.attributesOfItem(atPath: path)
            return try #require(facts[.ownerAccountID] as? Int)
        }

        /// Without root the settings are refused, which is then what there is to see.
        private func expectRefusal(_ scratch: ScratchFolder) async throws {
            let process = try RollcallProcess.launch(
                ["--user", "root"],
                scratch: scratch
            )
            #expect(try await process.untilEnd() == .exit(2))
        }

        @Test("a server started as root becomes the user in every thread and cannot go back")
        func becomesTheUser() async throws {
            let scratch = try ScratchFolder()
            guard geteuid() == 0 else { return try await expectRefusal(scratch) }
            let (userID, groupID) = try Self.ids()
            let server = try await RollcallProcess.start(
                ["--user", Self.user],
                scratch: scratch
            )
            let pid = server.process.pid
            let id = "\(userID)"
            let ids = try threads(pid, "Uid")
            #expect(ids.count > 4)
            #expect(Set(ids) == [[id, id, id, id].joined(separator: "\t")])
            let group = "\(groupID)"
            #expect(
                Set(try threads(pid, "Gid")) == [
                    [group, group, group, group].joined(separator: "\t")
                ]
            )
            for capabilities in ["CapEff", "CapPrm", "CapInh", "CapAmb"] {
                #expect(Set(try threads(pid, capabilities)) == ["0000000000000000"])
            }
            #expect(Set(try threads(pid, "NoNewPrivs")) == ["1"])
            #expect(!server.process.errors.contains("runs as root"))

            // It works on: writes, zone files, settings, the next start.
            #expect(try owner(scratch.path("data")) == Int(userID))
            #expect(try owner(scratch.path("data/rollcall.sqlite")) == Int(userID))
            try server.register(#"{"service":"web","host":"10.0.0.7","port":80}"#)
            try scratch.write(
                ZoneText.good(apex: "a.example.", address: "192.0.2.10"),
                to: "zones/a.example.zone"
            )
            server.process.signal(SIGHUP)
            try await eventually("the new zone") {
                try server.dns.addresses("www.a.example") == ["192.0.2.10"]
            }
            server.process.kill()
            try await server.process.untilEnd()
            let again = try await RollcallProcess.start(
                ["--user", Self.user],
                scratch: scratch
            )
            #expect(try await again.dig("web.service.consul", "A") == ["10.0.0.7"])
            #expect(try await again.stop() == .exit(0))
        }

        @Test("settings that the user may not read are told at the start and at a reload")
        func unreadableSettings() async throws {
            let scratch = try ScratchFolder()
            guard geteuid() == 0 else { return try await expectRefusal(scratch) }
            let file = try scratch.write("user: \(Self.user)\n", to: "r.yaml")
            unsafe chmod(file, 0o600)
            let server = try await RollcallProcess.start(["--config", file], scratch: scratch)
            #expect(server.process.errors.contains("settings cannot be loaded again"))
            server.process.signal(SIGHUP)
            try await eventually("the refusal") {
                server.process.errors.contains("reload refused")
            }
            #expect(try await server.dig("consul.service.consul", "A") == ["127.0.0.1"])
        }

        @Test("a user that is not there, and root itself: one line and status 2")
        func unusableUsers() async throws {
            let scratch = try ScratchFolder()
            for (flags, words) in [
                (["--user", "no-such-user"], "no user \"no-such-user\""),
                (["--user", "root"], "without privileges"),
                (["--group", "nogroup"], "set user too"),
            ] {
                let process = try RollcallProcess.launch(flags, scratch: scratch)
                #expect(try await process.untilEnd() == .exit(2))
                #expect(process.errors.contains(words), "\(process.errors)")
                #expect(process.errors.split(separator: "\n").count == 1, "\(process.errors)")
            }
        }

        @Test("only root may ask for another user")
        func needsRoot() async throws {
            let scratch = try ScratchFolder()
            let asUser =
                geteuid() == 0
                ? ["setpriv", "--reuid", "nobody", "--regid", "nogroup", "--clear-groups"] : []
            let process = try RollcallProcess.launch(
                ["--ephemeral", "--user", "daemon"],
                scratch: scratch,
                prefix: asUser
            )
            #expect(try await process.untilEnd() == .exit(2))
            #expect(process.errors.contains("only root may become"), "\(process.errors)")
        }

        @Test("a data folder that is somebody else's, or out of the user's reach, is refused")
        func dataFolders() async throws {
            let scratch = try ScratchFolder()
            guard geteuid() == 0 else { return try await expectRefusal(scratch) }
            try scratch.write("", to: "data/photo.jpg")
            let mixed = try RollcallProcess.launch(["--user", Self.user], scratch: scratch)
            #expect(try await mixed.untilEnd() == .exit(2))
            #expect(mixed.errors.contains("photo.jpg"), "\(mixed.errors)")
            #expect(mixed.errors.contains("chown"), "\(mixed.errors)")
            #expect(try owner(scratch.path("data/photo.jpg")) == 0)

            let closed = try scratch.folder("closed")
            unsafe chmod(closed, 0o700)
            let hidden = try RollcallProcess.launch(
                [
                    "--user", Self.user, "--data-dir", closed + "/data",
                    "--dns-listen", "127.0.0.1:0", "--http-listen", "127.0.0.1:0",
                ],
                scratch: scratch
            )
            #expect(try await hidden.untilEnd() == .exit(2))
            #expect(hidden.errors.contains("the user nobody cannot write"), "\(hidden.errors)")
            #expect(hidden.output.isEmpty)
        }

        @Test("root without a user is warned of, but not where nothing is kept")
        func warnsOfRoot() async throws {
            let kept = try await RollcallProcess.start()
            #expect(kept.process.errors.contains("runs as root") == (geteuid() == 0))
            let ephemeral = try await RollcallProcess.start(["--ephemeral"])
            #expect(!ephemeral.process.errors.contains("runs as root"))
        }

        @Test("every thread has the filter of system calls, and none has with sandbox: off")
        func everyThreadIsConfined() async throws {
            let confined = try await RollcallProcess.start()
            let pid = confined.process.pid
            try confined.register(#"{"service":"web","host":"10.0.0.7","port":80}"#)
            #expect(try threads(pid, "Seccomp").count > 4)
            #expect(Set(try threads(pid, "Seccomp")) == ["2"])
            #expect(Set(try threads(pid, "NoNewPrivs")) == ["1"])
            let free = try await RollcallProcess.start(settings: ["ROLLCALL_SANDBOX": "off"])
            let own = try String(contentsOfFile: "/proc/self/status", encoding: .utf8)
            let inherited = own.split(separator: "\n").first { $0.hasPrefix("Seccomp:") }?.last
            #expect(Set(try threads(free.process.pid, "Seccomp")) == [inherited.map { "\($0)" }])
            #expect(Set(try threads(free.process.pid, "NoNewPrivs")) == ["1"])
        }

        @Test("inside, programs, other identities, traces, mounts and namespaces are refused")
        func refusesCalls() async throws {
            let result = try await RollcallProcess.command(["check-sandbox"])
            #expect(result.succeeded, "\(result)")
            #expect(result.lines.count > 10)
            #expect(result.lines.allSatisfy { $0.hasSuffix(": refused") }, "\(result)")
            for call in ["execve", "ptrace", "mount", "setresuid", "unshare", "socket"] {
                #expect(result.lines.contains("\(call): refused"), "\(result)")
            }
        }
    }
}
