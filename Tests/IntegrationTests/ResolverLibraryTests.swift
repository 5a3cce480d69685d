import Foundation
import TestSupport
import Testing

extension ProgramTests {
    /// resolv.conf cannot name a port, so the program gets port 53 of a network of its own.
    @Suite("getaddrinfo through resolv.conf")
    struct ResolverLibraryTests {
        private static let settings = """
            nameserver 127.0.0.1
            search service.consul
            options timeout:2 attempts:1
            """

        private func start(_ scratch: ScratchFolder) async throws -> RollcallProcess {
            guard geteuid() == 0 else {
                throw UnexpectedAnswer(
                    description:
                        "this test needs root: it makes a network and a resolv.conf of its own"
                )
            }
            let file = try scratch.write(Self.settings, to: "resolv.conf")
            // glibc asks for a family only if the host has an address of it other than loopback.
            let script = """
                ip link set lo up && ip address add 10.99.0.1/32 dev lo \
                && ip -6 address add fd99::1/128 dev lo nodad \
                && mount --bind "$0" /etc/resolv.conf && exec "$@"
                """
            return try await RollcallProcess.start(
                scratch: scratch,
                prefix: ["unshare", "--mount", "--net", "sh", "-c", script, file],
                listen: "127.0.0.1:53"
            )
        }

        private func inside(
            _ server: RollcallProcess,
            _ command: [String]
        ) async throws -> CommandLineClient.Result {
            try await CommandLineClient.run(
                ["nsenter", "-t", "\(server.process.pid)", "--mount", "--net"] + command
            )
        }

        @Test("glibc finds A and AAAA, at once")
        func glibc() async throws {
            let server = try await start(try ScratchFolder())
            let body = """
                {"Node": "n", "Address": "10.0.0.1", "Service": {"Service": "dual", "Port": 80,
                 "Address": "10.0.1.1", "TaggedAddresses": {"lan_ipv6": {"Address": "fd00::1", "Port": 80}}}}
                """
            let registered = try await inside(
                server,
                [
                    "curl", "-sS", "--fail-with-body", "-X", "PUT", "-d", body,
                    server.url + "/v1/catalog/register",
                ]
            )
            #expect(registered.succeeded, "\(registered)")
            let cases = [
                ("dual.service.consul", "ahostsv4", ["10.0.1.1"]),
                ("dual.service.consul", "ahostsv6", ["fd00::1"]),
                ("dual", "ahosts", ["10.0.1.1", "fd00::1"]),
                ("DUAL.service.dc1.consul", "ahosts", ["10.0.1.1", "fd00::1"]),
            ]
            for (name, database, addresses) in cases {
                let start = ContinuousClock.now
                let result = try await inside(server, ["getent", database, name])
                #expect(result.succeeded, "\(result)")
                let found = Set(
                    result.lines.compactMap { $0.split(separator: " ").first.map(String.init) }
                )
                #expect(found == Set(addresses), "\(result)")
                // A server that leaves one family unanswered costs seconds.
                #expect(ContinuousClock.now - start < .seconds(2), "\(name) \(database)")
            }
        }

        @Test(
            "a program that knows only getaddrinfo reaches the service; an unknown name fails fast"
        )
        func python() async throws {
            let server = try await start(try ScratchFolder())
            let body = #"{"service": "web", "host": "10.0.1.1", "port": 80}"#
            let registered = try await inside(
                server,
                ["curl", "-sS", "--fail-with-body", "-d", body, server.url + "/register"]
            )
            #expect(registered.succeeded, "\(registered)")
            let script = """
                import socket, sys, time
                print(sorted({a[4][0] for a in socket.getaddrinfo("web.service.consul", 80)}))
                print(socket.gethostbyaddr("10.0.1.1")[0])
                start = time.time()
                try:
                    socket.getaddrinfo("nothing.service.consul", 80)
                except socket.gaierror as error:
                    print(error.errno == socket.EAI_NONAME, time.time() - start < 1)
                """
            let result = try await inside(server, ["python3", "-c", script])
            #expect(
                result.lines == ["['10.0.1.1']", "web.service.dc1.consul", "True True"],
                "\(result)"
            )
        }
    }
}
