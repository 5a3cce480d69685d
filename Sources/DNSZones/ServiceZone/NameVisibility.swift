internal import DNSWire

/// Which services and nodes DNS may show: the seam for access rules.
///
/// - A hidden service has no names. An instance on a hidden node is in no answer, as if it were not
///   registered. A hidden node has no names and is in no PTR record.
/// - A hidden name is NXDOMAIN with extended error 18, and so is each name that does not exist
///   while a rule is in force: the answer does not tell which of both it is.
/// - `ServiceZone.replaceVisibility` puts another rule in force and compiles all answers again.
///
/// Both functions are called under the catalog's lock, once for each name of a change: they answer
/// from memory, at once, and always the same until the rule is replaced. Names come as registered;
/// letter case must not matter.
package struct NameVisibility: Sendable {
    package let showsService: @Sendable (String) -> Bool
    package let showsNode: @Sendable (String) -> Bool
    /// False for `all`.
    package let isRestricted: Bool

    /// A rule that may hide something.
    package init(
        showsService: @escaping @Sendable (String) -> Bool,
        showsNode: @escaping @Sendable (String) -> Bool
    ) {
        self.showsService = showsService
        self.showsNode = showsNode
        self.isRestricted = true
    }

    private init() {
        showsService = { _ in true }
        showsNode = { _ in true }
        isRestricted = false
    }

    /// Everything is shown; NXDOMAIN has no extended error.
    package static let all = NameVisibility()

    /// What NXDOMAIN says while a rule is in force.
    var nameErrorNote: ExtendedError? {
        guard isRestricted else { return nil }
        return ExtendedError(
            infoCode: ExtendedError.prohibited,
            extraText: "unknown, or hidden by access rules"
        )
    }
}
