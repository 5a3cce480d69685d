import Foundation
import TestSupport
import Testing

@testable import TransportSecurity

@Suite("Certificates")
struct TLSCredentialsTests {
    private let scratch: ScratchFolder

    init() throws { scratch = try ScratchFolder() }

    /// Makes `name.pem` and `name.key`, which the program signs itself.
    private func make(_ name: String, days: String = "2") async throws {
        let result = try await CommandLineClient.run([
            "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1",
            "-nodes", "-keyout", scratch.path("\(name).key"), "-out", scratch.path("\(name).pem"),
            "-subj", "/CN=\(name)", "-days", days,
        ])
        #expect(result.succeeded, "\(result)")
    }

    private func settings(_ certificate: String, _ key: String) -> TLSSettings {
        TLSSettings(certificateFile: scratch.path(certificate), keyFile: scratch.path(key))
    }

    private func problem(_ settings: TLSSettings) -> String? {
        do {
            _ = try TLSCredentials(settings)
            return nil
        } catch {
            return error.description.replacingOccurrences(of: scratch.path(""), with: "")
        }
    }

    @Test("files that cannot be used are named with their setting")
    func problems() async throws {
        try await make("a")
        try await make("b")
        _ = try scratch.write("hello", to: "text.pem")
        #expect(problem(settings("a.pem", "a.key")) == nil)
        #expect(problem(settings("none.pem", "a.key")) == "tls.certificate: none.pem: no such file")
        #expect(problem(settings("a.pem", "none.key")) == "tls.key: none.key: no such file")
        #expect(
            problem(settings("text.pem", "a.key"))
                == "tls.certificate: text.pem: holds no certificate in PEM form"
        )
        #expect(
            problem(settings("a.pem", "text.pem"))
                == "tls.key: text.pem: holds no private key in PEM form"
        )
        #expect(
            problem(settings("a.pem", "b.key"))
                == "tls.key: b.key: does not fit the certificate in a.pem"
        )
        var clients = settings("a.pem", "a.key")
        clients.clientAuthorityFile = scratch.path("text.pem")
        #expect(
            problem(clients) == "tls.client_ca: text.pem: holds no certificate in PEM form"
        )
    }

    @Test("a bad new file leaves the old certificate; a good one takes its place")
    func replacement() async throws {
        try await make("a", days: "1")
        try await make("b", days: "30")
        let credentials = try TLSCredentials(settings("a.pem", "a.key"))
        let old = credentials.notAfter
        #expect(throws: TLSFileError.self) {
            try credentials.replace(settings("a.pem", "b.key"))
        }
        #expect(credentials.notAfter == old)
        #expect(credentials.generation == 0)
        try credentials.replace(settings("b.pem", "b.key"))
        #expect(credentials.notAfter > old)
        #expect(credentials.generation == 1)
        #expect(credentials.warning == nil)
    }

    @Test("a certificate outside its time is served with a warning")
    func expired() async throws {
        try await make("a")
        let certificate = try TLSCertificate(settings("a.pem", "a.key"))
        #expect(certificate.warning(at: certificate.notAfter) == nil)
        #expect(
            certificate.warning(at: certificate.notAfter + 1) == "the certificate has expired"
        )
        #expect(
            certificate.warning(at: certificate.notBefore - 1)
                == "the certificate is not valid yet"
        )
    }
}
