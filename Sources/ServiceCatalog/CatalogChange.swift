/// One wish to change the catalog: what the log orders, makes durable and hands back.
package enum CatalogChange: Codable, Hashable, Sendable {
    /// Writes a node, an instance and checks, all or nothing.
    case register(Registration)
    /// Removes a node with everything on it.
    case deregisterNode(String)
    /// Removes an instance with its checks.
    case deregisterInstance(InstanceKey, onlyIf: RemovalCondition?)
    case deregisterCheck(CheckKey)
    /// A check's new status and output.
    case checkStatus(CheckKey, HealthStatus, output: String)
    /// Takes an instance out of answers, without removing it.
    case drain(InstanceKey)
    case keyValue(KeyValueChange)
    /// Makes a session; its node and its checks must be there and not critical.
    case createSession(Session)
    /// Ends a session, if it is the one that was made at `onlyIf`; none is there: nothing happens.
    case endSession(id: String, onlyIf: CatalogIndex?)
    /// Does all operations in order, or none.
    case transaction([TransactionOperation])
    /// Makes the catalog hold this and nothing else.
    case replaceAll(CatalogContents)
    /// Writes a prepared query; one with the same id is replaced.
    case setPreparedQuery(PreparedQuery)
    case deletePreparedQuery(id: String)
    /// Writes an access policy; one with the same id is replaced.
    case setAccessPolicy(AccessPolicy)
    case deleteAccessPolicy(id: String)
    /// Writes an access token; one with the same accessor id is replaced.
    case setAccessToken(AccessToken)
    case deleteAccessToken(accessorID: String)
}

/// What must still hold when a removal that was decided earlier is applied.
///
/// Why: between the decision and its place in the order, the owner may have renewed or
/// re-registered.
package enum RemovalCondition: Codable, Hashable, Sendable {
    /// The instance still has this lease.
    case leaseIs(String)
    /// This check of the instance's node is still critical.
    case checkIsCritical(String)
}

/// A node, an instance and checks to be written together.
package struct Registration: Codable, Hashable, Sendable {
    /// Written if given; otherwise `instance` and `checks` must name a known node.
    package var node: Node?
    package var instance: ServiceInstance?
    package var checks: [RegisteredCheck]
    /// True: the instance's checks that are not in `checks` are removed.
    package var replacesChecks: Bool

    package init(
        node: Node? = nil,
        instance: ServiceInstance? = nil,
        checks: [RegisteredCheck] = [],
        replacesChecks: Bool = false
    ) {
        self.node = node
        self.instance = instance
        self.checks = checks
        self.replacesChecks = replacesChecks
    }
}

/// A check to be written.
package struct RegisteredCheck: Codable, Hashable, Sendable {
    package var check: HealthCheck
    /// True: a check that exists already keeps its status and output.
    ///
    /// Why: re-registration at each restart of a service must not make it flap.
    package var keepsStatus: Bool

    package init(_ check: HealthCheck, keepsStatus: Bool) {
        self.check = check
        self.keepsStatus = keepsStatus
    }
}
