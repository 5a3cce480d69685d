/// Why an answer is what it is, for people: the extended DNS error option (RFC 8914).
package struct ExtendedError: Hashable, Sendable {
    /// The INFO-CODE of IANA's registry.
    package var infoCode: UInt16
    /// The EXTRA-TEXT, UTF-8, without a final NUL.
    package var extraText: String

    package init(infoCode: UInt16, extraText: String) {
        self.infoCode = infoCode
        self.extraText = extraText
    }

    package static let other: UInt16 = 0
    package static let staleAnswer: UInt16 = 3
    package static let notReady: UInt16 = 14
    package static let prohibited: UInt16 = 18
    package static let notAuthoritative: UInt16 = 20
    package static let noReachableAuthority: UInt16 = 22
    package static let networkError: UInt16 = 23
}
