internal import NIOSSL
internal import Synchronization

/// TLS settings of probes, made once each.
///
/// Why: a context reads the system's authorities, which takes milliseconds.
final class TLSContexts: Sendable {
    private struct Kind: Hashable {
        var verifies: Bool
        var speaksHTTP2: Bool
    }

    private let authoritiesFile: String?
    private let contexts: Mutex<[Kind: NIOSSLContext]> = Mutex([:])

    init(authoritiesFile: String?) {
        self.authoritiesFile = authoritiesFile
    }

    func context(verifies: Bool, speaksHTTP2: Bool = false) throws -> NIOSSLContext {
        let kind = Kind(verifies: verifies, speaksHTTP2: speaksHTTP2)
        return try contexts.withLock { contexts in
            if let known = contexts[kind] { return known }
            var configuration = TLSConfiguration.makeClientConfiguration()
            configuration.certificateVerification = verifies ? .fullVerification : .none
            configuration.applicationProtocols = speaksHTTP2 ? ["h2"] : ["http/1.1"]
            if let authoritiesFile {
                configuration.additionalTrustRoots = [.file(authoritiesFile)]
            }
            let context: NIOSSLContext
            do {
                context = try NIOSSLContext(configuration: configuration)
            } catch {
                throw ProbeFailure.ownFault("TLS cannot be set up: \(error)")
            }
            contexts[kind] = context
            return context
        }
    }
}
