/// How listeners are encrypted: the files of the certificate, and who must show one.
package struct TLSSettings: Hashable, Sendable {
    /// Whether clients of the API show a certificate.
    package enum ClientCertificates: String, CaseIterable, Hashable, Sendable {
        /// They are not asked for one.
        case off
        /// One that is shown must be good.
        case optional
        case required
    }

    /// Of the protocol.
    package enum Version: String, CaseIterable, Hashable, Sendable {
        case tls12 = "1.2"
        case tls13 = "1.3"
    }

    /// PEM: the server's certificate first, then those that lead to the root.
    package var certificateFile: String
    package var keyFile: String
    /// PEM: who may have signed the certificates of clients.
    package var clientAuthorityFile: String?
    package var clientCertificates = ClientCertificates.off
    package var minimumVersion = Version.tls12
    /// A client must have agreed on keys after so long.
    package var handshakeTimeout = Duration.seconds(10)

    package init(certificateFile: String, keyFile: String) {
        self.certificateFile = certificateFile
        self.keyFile = keyFile
    }
}
