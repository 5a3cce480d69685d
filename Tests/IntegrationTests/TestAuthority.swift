import Foundation
import TestSupport

/// Certificates for one test, made by openssl: an authority, a server, a client, and a stranger whom
/// it never signed.
struct TestAuthority {
    private let scratch: ScratchFolder

    init() async throws {
        scratch = try ScratchFolder()
        let extensions = try scratch.write("subjectAltName=DNS:localhost,IP:127.0.0.1\n", to: "ext")
        let script = """
            set -e
            cd "\(scratch.path(""))"
            new="-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes"
            for name in ca stranger; do
              openssl req -x509 $new -keyout $name.key -out $name.pem -subj /CN=$name -days 2
            done
            for name in server client; do
              openssl req $new -keyout $name.key -out $name.csr -subj /CN=$name
              openssl x509 -req -in $name.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 \
                -extfile "\(extensions)" -out $name.pem
            done
            """
        let result = try await CommandLineClient.run(["sh", "-c", script])
        guard result.succeeded else { throw UnexpectedAnswer(description: "\(result)") }
    }

    /// The path of `ca.pem`, `server.key` and so on.
    func path(_ name: String) -> String { scratch.path(name) }

    /// Writes a file beside the certificates, or over one.
    func write(_ text: String, to name: String) throws -> String {
        try scratch.write(text, to: name)
    }

    /// Puts the certificate and key of `name` in the place of another's.
    func copy(_ name: String, to other: String) throws {
        for ending in ["pem", "key"] {
            let text = try String(contentsOfFile: path("\(name).\(ending)"), encoding: .utf8)
            _ = try scratch.write(text, to: "\(other).\(ending)")
        }
    }
}
