internal import Foundation
internal import NIOSSL

/// Whom the client trusts over `https://`, and what it shows itself.
///
/// Files are read once, when the value is made.
public struct ClientTLS: Hashable, Sendable {
    /// PEM: who must have signed the server's certificate; nil for those that the system trusts.
    public let authorityFile: String?
    /// PEM: the certificate that is shown to the server.
    public let certificateFile: String?
    /// PEM: the key of that certificate.
    public let keyFile: String?
    private let loaded: Loaded

    /// Reads the files; a certificate and its key are given together.
    ///
    /// Throws `ClientError` with the code `badCertificate` and the file that cannot be used.
    public init(
        authorityFile: String? = nil,
        certificateFile: String? = nil,
        keyFile: String? = nil
    ) throws(ClientError) {
        self.authorityFile = authorityFile
        self.certificateFile = certificateFile
        self.keyFile = keyFile
        var configuration = TLSConfiguration.makeClientConfiguration()
        configuration.minimumTLSVersion = .tlsv12
        if let authorityFile {
            configuration.trustRoots = .certificates(try Self.certificates(authorityFile))
        }
        switch (certificateFile, keyFile) {
        case (nil, nil): break
        case (let certificateFile?, let keyFile?):
            configuration.certificateChain = try Self.certificates(certificateFile).map {
                .certificate($0)
            }
            do {
                configuration.privateKey = .privateKey(
                    try NIOSSLPrivateKey(file: keyFile, format: .pem)
                )
            } catch {
                throw Self.failure(keyFile, "private key")
            }
            guard (try? NIOSSLContext(configuration: configuration)) != nil else {
                throw ClientError(
                    .badCertificate,
                    "\(keyFile): the key does not fit the certificate in \(certificateFile)"
                )
            }
        default:
            throw ClientError(.badCertificate, "a certificate and its key are given together")
        }
        loaded = Loaded(configuration)
    }

    var configuration: TLSConfiguration { loaded.configuration }

    /// Equal when they are copies of one value: the same files may have held something else.
    public static func == (left: ClientTLS, right: ClientTLS) -> Bool {
        left.loaded === right.loaded
    }

    /// Goes with `==`.
    public func hash(into hasher: inout Hasher) { hasher.combine(ObjectIdentifier(loaded)) }

    private static func certificates(_ file: String) throws(ClientError) -> [NIOSSLCertificate] {
        do {
            let certificates = try NIOSSLCertificate.fromPEMFile(file)
            if !certificates.isEmpty { return certificates }
        } catch {
            throw failure(file, "certificate")
        }
        throw failure(file, "certificate")
    }

    private static func failure(_ file: String, _ kind: String) -> ClientError {
        let problem =
            FileManager.default.isReadableFile(atPath: file)
            ? "holds no \(kind) in PEM form" : "cannot be read"
        return ClientError(.badCertificate, "\(file): \(problem)")
    }

    private final class Loaded: Sendable {
        let configuration: TLSConfiguration

        init(_ configuration: TLSConfiguration) { self.configuration = configuration }
    }
}
