import Foundation
import TestSupport
import Testing

extension Clusters {
    @Suite("An etcd that asks who comes")
    struct SecuredEtcdTests {
        /// An authority and a certificate for 127.0.0.1 that it signed, made by openssl.
        private func makeCertificates(in folder: String) async throws {
            let script = """
                cd \(folder)
                openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 \
                  -subj /CN=tests -keyout ca.key -out ca.pem
                openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=rollcall \
                  -keyout own.key -out own.csr
                printf 'subjectAltName=IP:127.0.0.1\\nextendedKeyUsage=serverAuth,clientAuth\\n' > own.ext
                openssl x509 -req -in own.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 \
                  -extfile own.ext -out own.pem
                """
            let made = try await CommandLineClient.run(["sh", "-ec", script])
            #expect(made.succeeded, "\(made.errors)")
        }

        private func etcd(_ scratch: ScratchFolder, port: UInt16) throws -> ChildProcess {
            let peer = try FreePort.next()
            let url = "https://127.0.0.1:\(port)"
            let certificates = scratch.path("tls")
            return try ChildProcess([
                try EtcdMember.binary("etcd"), "--data-dir", scratch.path("etcd"), "--name", "e1",
                "--listen-client-urls", url, "--advertise-client-urls", url,
                "--listen-peer-urls", "http://127.0.0.1:\(peer)",
                "--initial-advertise-peer-urls", "http://127.0.0.1:\(peer)",
                "--initial-cluster", "e1=http://127.0.0.1:\(peer)",
                "--cert-file", "\(certificates)/own.pem", "--key-file", "\(certificates)/own.key",
                "--trusted-ca-file", "\(certificates)/ca.pem", "--client-cert-auth",
            ])
        }

        @Test("TLS, a client certificate, and a user who may touch nothing but the cluster's keys")
        func secured() async throws {
            let scratch = try ScratchFolder()
            let certificates = scratch.path("tls")
            try FileManager.default.createDirectory(
                atPath: certificates,
                withIntermediateDirectories: true
            )
            try await makeCertificates(in: certificates)
            let port = try FreePort.next()
            let member = try etcd(scratch, port: port)
            defer { member.kill() }
            let etcdctl = try EtcdMember.binary("etcdctl")
            let common = [
                "--endpoints", "https://127.0.0.1:\(port)", "--cacert", "\(certificates)/ca.pem",
                "--cert", "\(certificates)/own.pem", "--key", "\(certificates)/own.key",
            ]
            func control(_ arguments: String...) async throws -> Bool {
                try await CommandLineClient.run(
                    [etcdctl] + common + arguments,
                    environment: ["ETCDCTL_API": "3"]
                ).succeeded
            }
            try await eventually("etcd answers", within: .seconds(30)) {
                try await control("endpoint", "health")
            }
            #expect(try await control("role", "add", "rollcall"))
            #expect(
                try await control(
                    "role",
                    "grant-permission",
                    "--prefix=true",
                    "rollcall",
                    "readwrite",
                    "rollcall/example/"
                )
            )
            #expect(try await control("user", "add", "root:secret"))
            #expect(try await control("user", "grant-role", "root", "root"))
            #expect(try await control("user", "add", "rollcall:s3cret"))
            #expect(try await control("user", "grant-role", "rollcall", "rollcall"))
            #expect(try await control("auth", "enable"))

            let flags = [
                "--store", "etcd", "--etcd", "https://127.0.0.1:\(port)", "--cluster", "example",
                "--etcd-ca", "\(certificates)/ca.pem",
                "--etcd-certificate", "\(certificates)/own.pem",
                "--etcd-key", "\(certificates)/own.key",
            ]
            let password = scratch.path("password")
            try Data("s3cret\n".utf8).write(to: URL(filePath: password))
            let server = try await RollcallProcess.start(
                flags + [
                    "--etcd-user", "rollcall", "--etcd-password", "file:\(password)",
                    "--node-name", "node-1",
                ],
                scratch: scratch
            )
            let client = try HTTPClientConnection(port: server.httpPort)
            let body = #"{"service": "web", "host": "10.0.0.1", "port": 1}"#
            #expect(try client.request("POST", "/register", body).status == 200)
            #expect(try client.request("GET", "/cluster").json["cut_off"].text == nil)
            try await server.stop()

            // Who has a wrong password does not get in, and says why.
            let wrong = try RollcallProcess.launch(
                flags + [
                    "--etcd-user", "rollcall", "--etcd-password", "wrong", "--node-name", "node-2",
                    "--data-dir", scratch.path("other"), "--dns-listen", "127.0.0.1:0",
                    "--http-listen", "127.0.0.1:0",
                ],
                settings: ["ROLLCALL_CLUSTER_START_TIMEOUT": "1s"],
                scratch: scratch
            )
            #expect(try await wrong.untilEnd(within: .seconds(30)) == .exit(2))
            #expect(wrong.errors.contains("authentication failed"), "\(wrong.errors)")
        }
    }
}
