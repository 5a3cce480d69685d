package import DNSWire

/// Whom the responder answers, and how much: all of it can change while it runs.
package struct ProtectionSettings: Hashable, Sendable {
    /// What is done about DNS cookies (RFC 7873).
    package enum Cookies: String, CaseIterable, Hashable, Sendable {
        /// The option is passed over like one that is not known.
        case off
        /// Clients that send a cookie get one.
        case on
        /// Over UDP only those get records that show a cookie of ours.
        case required
    }

    package var cookies: Cookies
    /// The first makes cookies, all are taken; empty for one that this process makes up.
    package var cookieSecrets: [CookieSecret]
    /// UDP replies of one kind to one network of clients in a second; 0 for any number.
    package var responsesPerSecond: Int
    /// Of so many replies over the rate one goes out, truncated and empty; 0 for none.
    package var slip: Int
    /// Clients without a rate.
    package var rateExemptNetworks: [NetworkPrefix]
    /// The clients that are answered; empty for all.
    package var allowedClients: [NetworkPrefix]
    /// The clients that may have whole zones; empty for none.
    package var transferClients: [NetworkPrefix]

    package static let responsesPerSecondMax = 1_000_000

    package init(
        cookies: Cookies = .on,
        cookieSecrets: [CookieSecret] = [],
        responsesPerSecond: Int = 0,
        slip: Int = 2,
        rateExemptNetworks: [NetworkPrefix] = [],
        allowedClients: [NetworkPrefix] = [],
        transferClients: [NetworkPrefix] = []
    ) {
        self.cookies = cookies
        self.cookieSecrets = cookieSecrets
        self.responsesPerSecond = responsesPerSecond
        self.slip = slip
        self.rateExemptNetworks = rateExemptNetworks
        self.allowedClients = allowedClients
        self.transferClients = transferClients
    }
}

/// What cookies are signed with: sixteen bytes, never shown.
package struct CookieSecret: Hashable, Sendable {
    let key: SipKey

    init(_ key: SipKey) { self.key = key }

    /// Reads 32 hexadecimal digits; nil for anything else.
    package init?(hexadecimal text: some StringProtocol) {
        guard text.utf8.count == 32 else { return nil }
        var value: UInt128 = 0
        for digit in text.utf8 {
            switch digit {
            case 0x30...0x39: value = value << 4 | UInt128(digit - 0x30)
            case 0x41...0x46: value = value << 4 | UInt128(digit - 0x41 + 10)
            case 0x61...0x66: value = value << 4 | UInt128(digit - 0x61 + 10)
            default: return nil
            }
        }
        key = SipKey(
            first: UInt64(truncatingIfNeeded: value >> 64).byteSwapped,
            second: UInt64(truncatingIfNeeded: value).byteSwapped
        )
    }
}

extension CookieSecret: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    package var description: String { "(hidden)" }
    package var debugDescription: String { description }
    /// Nothing of it appears in a dump either.
    package var customMirror: Mirror { Mirror(self, children: []) }
}
