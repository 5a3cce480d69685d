import Foundation
import TestSupport
import Testing

extension ProgramTests {
    /// resolv.conf cannot name a port, so the program gets port 53 of a network of its own.
    @Suite("getaddrinfo through resolv.conf")
    struct ResolverLibraryTests {
        @Test("glibc finds A and AAAA, at once")
        func glibc() async throws {
            let host = try await ResolvingHost.start()
            let body = """
                {"Node": "n", "Address": "10.0.0.1", "Service": {"Service": "dual", "Port": 80,
                 "Address": "10.0.1.1", "TaggedAddresses": {"lan_ipv6": {"Address": "fd00::1", "Port": 80}}}}
                """
            try await host.curl("PUT", "/v1/catalog/register", body)
            let cases = [
                ("dual.service.consul", "ahostsv4", ["10.0.1.1"]),
                ("dual.service.consul", "ahostsv6", ["fd00::1"]),
                ("dual", "ahosts", ["10.0.1.1", "fd00::1"]),
                ("DUAL.service.dc1.consul", "ahosts", ["10.0.1.1", "fd00::1"]),
            ]
            for (name, database, addresses) in cases {
                let start = ContinuousClock.now
                let result = try await host.run(["getent", database, name])
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
            let host = try await ResolvingHost.start()
            let body = #"{"service": "web", "host": "10.0.1.1", "port": 80}"#
            try await host.curl("POST", "/register", body)
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
            let result = try await host.run(["python3", "-c", script])
            #expect(
                result.lines == ["['10.0.1.1']", "web.service.dc1.consul", "True True"],
                "\(result)"
            )
        }
    }
}
