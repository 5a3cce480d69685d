internal import DNSResponder
internal import EncryptedDNS
internal import Logging
internal import TransportSecurity

/// The listeners that are encrypted, and what they show; all nil when there is none.
struct EncryptedListeners: Sendable {
    var credentials: TLSCredentials?
    /// Stands before the API.
    var https: TLSListener?
    var dns: EncryptedDNSService?
}

extension Daemon {
    /// Reads the certificate and listens for encrypted DNS.
    func encryption(_ registry: Registry) async throws(StartError) -> EncryptedListeners {
        let credentials = try credentials()
        return EncryptedListeners(
            credentials: credentials,
            https: try httpsListener(credentials),
            dns: try await encryptedDNS(registry, credentials)
        )
    }

    /// What the encrypted listeners show; nil when there is none.
    private func credentials() throws(StartError) -> TLSCredentials? {
        guard let settings = configuration.transportSecurity else { return nil }
        do {
            let credentials = try TLSCredentials(settings)
            if let warning = credentials.warning {
                logger.warning("doubtful certificate", metadata: ["warning": "\(warning)"])
            }
            return credentials
        } catch {
            throw StartError(error)
        }
    }

    /// What stands before HTTP on `https_listen`.
    private func httpsListener(_ credentials: TLSCredentials?) throws(StartError) -> TLSListener? {
        guard let credentials, !configuration.httpsListen.isEmpty else { return nil }
        do {
            return try TLSListener(
                "https",
                credentials: credentials,
                protocols: ["http/1.1"],
                asksClients: true,
                answersPlainHTTP: true,
                logger: logger
            )
        } catch {
            throw StartError(error)
        }
    }

    /// DNS over TLS and HTTPS; nil when nobody listens there.
    private func encryptedDNS(
        _ registry: Registry,
        _ credentials: TLSCredentials?
    ) async throws(StartError) -> EncryptedDNSService? {
        var settings = configuration.encryptedDNS
        guard let credentials, !settings.isEmpty else { return nil }
        settings.connectionsMax = shares.encryptedDNSConnectionsMax
        var replies = configuration.responder(inherited: [])
        replies.pendingRepliesMax = shares.encryptedForwardedQueriesMax
        do {
            return try await EncryptedDNSService.bind(
                settings,
                credentials: credentials,
                answers: EncryptedDNSAnswers(
                    configuration: replies,
                    table: registry.table,
                    fallback: registry.fallback,
                    forwarder: registry.forwarder,
                    transfers: registry.transfers
                ),
                logger: logger
            )
        } catch let error as EncryptedDNSError {
            throw StartError(error)
        } catch {
            throw StartError("\(error)")
        }
    }
}
