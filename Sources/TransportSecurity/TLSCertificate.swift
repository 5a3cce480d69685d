internal import NIOCore
internal import NIOSSL

#if canImport(Glibc)
    internal import Glibc
#else
    internal import Darwin
#endif

/// What the files held when they were read: a certificate with its chain, its key, and who signs
/// the certificates of clients.
struct TLSCertificate: Sendable {
    let chain: [NIOSSLCertificate]
    let key: NIOSSLPrivateKey
    let clientAuthorities: [NIOSSLCertificate]
    /// Seconds since 1970.
    let notBefore: Int
    let notAfter: Int

    /// Reads the files and checks that they belong together.
    init(_ settings: TLSSettings) throws(TLSFileError) {
        chain = try Self.certificates("tls.certificate", settings.certificateFile)
        let keyFile = settings.keyFile
        do {
            key = try NIOSSLPrivateKey(file: keyFile, format: .pem)
        } catch {
            throw Self.failure("tls.key", keyFile, "holds no private key in PEM form")
        }
        clientAuthorities =
            if let file = settings.clientAuthorityFile {
                try Self.certificates("tls.client_ca", file)
            } else { [] }
        notBefore = Int(chain[0].notValidBefore)
        notAfter = Int(chain[0].notValidAfter)
        do {
            _ = try context(settings, protocols: [], asksClients: true)
        } catch {
            throw TLSFileError(
                setting: "tls.key",
                file: keyFile,
                problem: "does not fit the certificate in \(settings.certificateFile)"
            )
        }
    }

    /// What makes the certificate doubtful at `second`, though it can be served.
    func warning(at second: Int) -> String? {
        if notAfter < second { return "the certificate has expired" }
        if notBefore > second { return "the certificate is not valid yet" }
        return nil
    }

    /// What new connections are made with.
    func context(
        _ settings: TLSSettings,
        protocols: [String],
        asksClients: Bool
    ) throws -> NIOSSLContext {
        var configuration = TLSConfiguration.makeServerConfiguration(
            certificateChain: chain.map { .certificate($0) },
            privateKey: .privateKey(key)
        )
        configuration.minimumTLSVersion = settings.minimumVersion == .tls13 ? .tlsv13 : .tlsv12
        configuration.applicationProtocols = protocols
        // Nobody waits longer for the other side's goodbye.
        configuration.shutdownTimeout = .seconds(2)
        if asksClients, settings.clientCertificates != .off {
            configuration.trustRoots = .certificates(clientAuthorities)
            configuration.sendCANameList = true
            configuration.certificateVerification =
                settings.clientCertificates == .required
                ? .noHostnameVerification : .optionalVerification
        }
        return try NIOSSLContext(configuration: configuration)
    }

    private static func certificates(
        _ setting: String,
        _ file: String
    ) throws(TLSFileError) -> [NIOSSLCertificate] {
        let problem = "holds no certificate in PEM form"
        let certificates: [NIOSSLCertificate]
        do {
            certificates = try NIOSSLCertificate.fromPEMFile(file)
        } catch {
            throw failure(setting, file, problem)
        }
        guard !certificates.isEmpty else {
            throw TLSFileError(setting: setting, file: file, problem: problem)
        }
        return certificates
    }

    /// Why `file` cannot be used: it cannot be opened, or it holds something else.
    ///
    /// The library that reads it does not tell the two apart.
    private static func failure(
        _ setting: String,
        _ file: String,
        _ problem: String
    ) -> TLSFileError {
        let descriptor = unsafe open(file, O_RDONLY | O_CLOEXEC)
        let reason =
            switch descriptor < 0 ? errno : 0 {
            case ENOENT: "no such file"
            case EACCES: "permission denied"
            default: problem
            }
        if descriptor >= 0 { close(descriptor) }
        return TLSFileError(setting: setting, file: file, problem: reason)
    }
}
