internal import NIOSSL
internal import Synchronization

#if canImport(Glibc)
    internal import Glibc
#else
    internal import Darwin
#endif

/// The certificate that is in force for all listeners; it can be replaced while they serve.
package final class TLSCredentials: Sendable {
    private struct State {
        var settings: TLSSettings
        var certificate: TLSCertificate
        /// Counts replacements, so that listeners see one.
        var generation = 0
    }

    private let state: Mutex<State>

    /// Reads the files.
    package init(_ settings: TLSSettings) throws(TLSFileError) {
        state = Mutex(State(settings: settings, certificate: try TLSCertificate(settings)))
    }

    /// Reads the files of `settings`; new connections get what they hold.
    ///
    /// When it throws, nothing has changed.
    package func replace(_ settings: TLSSettings) throws(TLSFileError) {
        let certificate = try TLSCertificate(settings)
        state.withLock { state in
            state.settings = settings
            state.certificate = certificate
            state.generation += 1
        }
    }

    /// When the certificate ends, in seconds since 1970.
    package var notAfter: Int { state.withLock { $0.certificate.notAfter } }

    /// What makes the certificate doubtful now; nil for a good one.
    package var warning: String? {
        let now = time(nil)
        return state.withLock { $0.certificate.warning(at: now) }
    }

    var handshakeTimeout: Duration { state.withLock { $0.settings.handshakeTimeout } }

    var generation: Int { state.withLock { $0.generation } }

    /// A context of what is in force, and its generation.
    func makeContext(
        protocols: [String],
        asksClients: Bool
    ) throws -> (context: NIOSSLContext, generation: Int) {
        let (settings, certificate, generation) = state.withLock {
            ($0.settings, $0.certificate, $0.generation)
        }
        let context = try certificate.context(
            settings,
            protocols: protocols,
            asksClients: asksClients
        )
        return (context, generation)
    }
}
