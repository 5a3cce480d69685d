/// Whether tokens are asked for, and what holds without one.
package struct AccessSettings: Hashable, Sendable {
    /// False: everybody may do everything.
    package var isEnabled: Bool
    /// What holds where no rule says anything.
    package var allowsByDefault: Bool
    /// The secret that stands for requests without one; nil: the anonymous token.
    package var defaultSecret: String?
    /// The secret whose permissions decide what DNS shows; nil: as for a request without one.
    package var dnsSecret: String?

    package init(
        isEnabled: Bool = false,
        allowsByDefault: Bool = true,
        defaultSecret: String? = nil,
        dnsSecret: String? = nil
    ) {
        self.isEnabled = isEnabled
        self.allowsByDefault = allowsByDefault
        self.defaultSecret = defaultSecret
        self.dnsSecret = dnsSecret
    }

    /// `allow` or `deny`; without access control everything is allowed.
    package var defaultPolicy: String { !isEnabled || allowsByDefault ? "allow" : "deny" }
}
