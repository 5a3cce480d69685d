internal import Synchronization

/// Knows what each token may do.
///
/// Ask it once a request for the `Authorizer` of the secret that came with it; a stream that lives
/// on asks again from time to time, as tokens can be taken away.
package final class AccessControl: Sendable {
    /// Everybody may do everything.
    package static let off = AccessControl(AccessSettings())

    package let settings: AccessSettings
    private let authorizers: Mutex<[String: Authorizer]>

    package init(_ settings: AccessSettings, authorizers: [String: Authorizer] = [:]) {
        self.settings = settings
        self.authorizers = Mutex(authorizers)
    }

    package var isEnabled: Bool { settings.isEnabled }

    /// What the token with `secret` may do; nil or empty: what a request without a token may do.
    ///
    /// - Throws: `AccessDenial.unknownToken`.
    package func authorizer(for secret: String?) throws(AccessDenial) -> Authorizer {
        guard settings.isEnabled else { return .unrestricted }
        guard let secret = secret.flatMap({ $0.isEmpty ? nil : $0 }) ?? settings.defaultSecret
        else {
            return Authorizer(
                accessorID: Authorizer.anonymousAccessorID,
                rules: AccessRules(),
                allowsByDefault: settings.allowsByDefault
            )
        }
        guard let found = authorizers.withLock({ $0[secret] }) else { throw .unknownToken }
        return found
    }
}
