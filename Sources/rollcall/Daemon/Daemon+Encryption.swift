internal import DNSResponder
internal import EncryptedDNS
internal import Logging
internal import TransportSecurity

extension Daemon {
    /// What the encrypted listeners show; nil when there is none.
    func credentials() throws(StartError) -> TLSCredentials? {
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
    func httpsListener(_ credentials: TLSCredentials?) throws(StartError) -> TLSListener? {
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
    func encryptedDNS(
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
                    forwarder: registry.forwarder
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
