import Foundation
import TestSupport
import Testing

extension RealClients {
    @Suite("Proxies that follow a service by DNS")
    struct ProxyTests {
        @Test("HAProxy follows SRV records up and down, and drained instances lose no request")
        func haproxy() async throws {
            let rollcall = try await RollcallProcess.start(
                ["--ephemeral"],
                settings: ["ROLLCALL_DNS_TTL_SERVICES": "3s"]
            )
            let first = try await Backend.start("first")
            let second = try await Backend.start("second", host: "127.0.0.2")
            let firstID = try first.register(at: rollcall)
            let secondID = try second.register(at: rollcall)

            let scratch = try ScratchFolder()
            let port = try FreePort.next()
            let settings = try documented("HAProxy").with([("8600", "\(rollcall.dnsPort)")])
            let file = try scratch.write(
                """
                global
                    maxconn 200
                defaults
                    mode http
                    retries 0
                    timeout connect 2s
                    timeout client 10s
                    timeout server 10s
                frontend visitors
                    bind 127.0.0.1:\(port)
                    default_backend web
                \(settings)
                """,
                to: "haproxy.cfg"
            )
            let proxy = try ChildProcess(Peers.run + ["haproxy", "-db", "-f", file])
            let url = "http://127.0.0.1:\(port)/"
            try await eventually("HAProxy has found an instance", within: .seconds(20)) {
                guard proxy.isRunning else {
                    throw Hopeless(description: proxy.output + proxy.errors)
                }
                return try await CommandLineClient.run(["curl", "-sSf", "-m", "2", url]).succeeded
            }

            let traffic = try Traffic(url: url)
            try await traffic.settles(on: ["first", "second"])

            let third = try await Backend.start("third")
            _ = try third.register(at: rollcall)
            try await traffic.settles(on: ["first", "second", "third"])

            for (id, backend) in [(firstID, first), (secondID, second)] {
                let reply = try rollcall.http("DELETE", "/instances/\(id)?drain=true")
                #expect(reply.status == 200 || reply.status == 204, "\(reply)")
                try await backend.kill()
            }
            try await traffic.settles(on: ["third"])
            let failures = traffic.answers.filter { $0.hasPrefix("error") }
            #expect(failures.isEmpty, "\(failures) \(proxy.errors)")
        }

        @Test("nginx finds the new address of a service when the TTL is over")
        func nginx() async throws {
            let rollcall = try await RollcallProcess.start(
                ["--ephemeral"],
                settings: ["ROLLCALL_DNS_TTL_SERVICES": "1s"]
            )
            let old = try await Backend.start("old", host: "127.0.0.2")
            let new = try await Backend.start("new", host: "127.0.0.3", port: old.port)
            let id = try old.register(at: rollcall)

            let scratch = try ScratchFolder()
            let port = try FreePort.next()
            let settings = try documented("nginx").with([
                ("127.0.0.1:8600", "127.0.0.1:\(rollcall.dnsPort)"),
                ("listen 80;", "listen 127.0.0.1:\(port);"), (":8080", ":\(old.port)"),
            ])
            let folders = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
                .map { "\($0)_temp_path \(scratch.path($0));" }.joined(separator: "\n")
            let file = try scratch.write(
                """
                daemon off;
                master_process off;
                pid \(scratch.path("pid"));
                events {}
                http {
                access_log off;
                \(folders)
                \(settings)
                }

                """,
                to: "nginx.conf"
            )
            let proxy = try ChildProcess(
                Peers.run + ["nginx", "-e", "stderr", "-p", scratch.path(""), "-c", file]
            )
            let fetch = ["curl", "-sSf", "-m", "2", "http://127.0.0.1:\(port)/"]
            try await eventually("nginx reaches the old instance", within: .seconds(20)) {
                guard proxy.isRunning else { throw Hopeless(description: proxy.errors) }
                return try await CommandLineClient.run(fetch).output == "old"
            }
            _ = try new.register(at: rollcall)
            let reply = try rollcall.http("DELETE", "/instances/\(id)?drain=true")
            #expect(reply.status == 200 || reply.status == 204, "\(reply)")
            // Draining ends when the last TTL is over, so from now on nobody asks the old one.
            try await eventually("nginx asks the new one", within: .seconds(2)) {
                try await CommandLineClient.run(fetch).output == "new"
            }
            try await old.kill()
            for _ in 0..<20 {
                let answer = try await CommandLineClient.run(fetch)
                #expect(answer.output == "new", "\(answer) \(proxy.errors)")
            }
        }
    }
}
