internal import Synchronization

/// Knows what each token may do.
///
/// Ask it once a request for the `Authorizer` of the secret that came with it; a stream that lives
/// on asks again from time to time, as tokens can be taken away.
///
/// Cost: while access control is off, one comparison; otherwise the catalog's lock, and rules are
/// joined once for each token after a change of tokens or policies.
package final class AccessControl: Sendable {
    /// Everybody may do everything.
    package static let off = AccessControl(AccessSettings(), now: { 0 })

    package let settings: AccessSettings
    /// Milliseconds since 1970.
    package let now: @Sendable () -> Int
    private let cache = Mutex(Cache())
    private let isBootstrapping = Mutex(false)

    /// What was compiled, as of these indexes.
    private struct Cache {
        var policiesIndex: CatalogIndex = 0
        var tokensIndex: CatalogIndex = 0
        /// By secret; only of tokens that exist.
        var entries: [String: Entry] = [:]
    }

    private struct Entry {
        var authorizer: Authorizer
        var expirationMilliseconds: Int?
    }

    package init(_ settings: AccessSettings, now: @escaping @Sendable () -> Int) {
        self.settings = settings
        self.now = now
    }

    package var isEnabled: Bool { settings.isEnabled }

    /// What the token with `secret` may do; nil or empty: what a request without a token may do.
    ///
    /// - Throws: `AccessDenial.unknownToken`.
    package func authorizer(
        for secret: String?,
        in keeper: CatalogKeeper
    ) throws(AccessDenial) -> Authorizer {
        guard settings.isEnabled else { return .unrestricted }
        let found = keeper.read { authorizer(for: secret, in: $0) }
        guard let found else { throw .unknownToken }
        return found
    }

    /// The same in a catalog; nil when no token has the secret.
    package func authorizer(for secret: String?, in catalog: borrowing Catalog) -> Authorizer? {
        guard settings.isEnabled else { return .unrestricted }
        let given = secret.flatMap { $0.isEmpty ? nil : $0 } ?? settings.defaultSecret
        let secret = given ?? AccessToken.anonymousSecretID
        let now = now()
        return cache.withLock { cache in
            if cache.policiesIndex != catalog.accessPoliciesIndex
                || cache.tokensIndex != catalog.accessTokensIndex
            {
                cache = Cache(
                    policiesIndex: catalog.accessPoliciesIndex,
                    tokensIndex: catalog.accessTokensIndex
                )
            }
            let entry = cache.entries[secret] ?? compile(secret, catalog)
            guard let entry, entry.expirationMilliseconds.map({ now < $0 }) ?? true else {
                return nil
            }
            cache.entries[secret] = entry
            return entry.authorizer
        }
    }

    /// True for one caller at a time, who then looks whether a first token may be made.
    package func beginBootstrap() -> Bool {
        isBootstrapping.withLock { isRunning in
            defer { isRunning = true }
            return !isRunning
        }
    }

    package func endBootstrap() { isBootstrapping.withLock { $0 = false } }

    /// What DNS may show: the permissions of the token for DNS, or of a request without one.
    ///
    /// With a secret that no token has, that is nothing.
    package func dnsAuthorizer(in catalog: borrowing Catalog) -> Authorizer {
        authorizer(for: settings.dnsSecret, in: catalog)
            ?? .nothing
    }

    private func compile(_ secret: String, _ catalog: borrowing Catalog) -> Entry? {
        guard let token = catalog.accessToken(secretID: secret) else {
            guard secret == AccessToken.anonymousSecretID else { return nil }
            return Entry(authorizer: authorizer(of: .anonymous, catalog))
        }
        return Entry(
            authorizer: authorizer(of: token, catalog),
            expirationMilliseconds: token.expirationTimeMilliseconds
        )
    }

    private func authorizer(of token: AccessToken, _ catalog: borrowing Catalog) -> Authorizer {
        if token.isManagement { return .management(accessorID: token.accessorID) }
        let datacenter = catalog.datacenter
        func holds(in datacenters: [String]) -> Bool {
            datacenters.isEmpty
                || datacenters.contains { $0.lowercased() == datacenter.lowercased() }
        }
        var rules = AccessRules()
        for id in token.policyIDs {
            if let builtIn = AccessPolicy.builtIn(id: id) {
                if builtIn.isManagement { return .management(accessorID: token.accessorID) }
                rules.join(builtIn.compiled ?? AccessRules())
                continue
            }
            guard let policy = catalog.accessPolicy(id: id), holds(in: policy.datacenters) else {
                continue
            }
            guard let compiled = policy.compiled else {
                // Rules that cannot be read may have denied something: nothing is allowed then.
                return Authorizer(
                    accessorID: token.accessorID,
                    rules: AccessRules(),
                    allowsByDefault: false
                )
            }
            rules.join(compiled)
        }
        let templated = token.serviceIdentities + token.nodeIdentities + token.templatedPolicies
        for policy in templated where holds(in: policy.datacenters) { rules.join(policy.rules) }
        return Authorizer(
            accessorID: token.accessorID,
            rules: rules,
            allowsByDefault: settings.allowsByDefault
        )
    }
}
