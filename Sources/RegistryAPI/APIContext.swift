package import ServiceCatalog

/// What every route needs; the program fills it in.
package struct APIContext: Sendable {
    /// The catalog, for reads and waits.
    package var keeper: CatalogKeeper
    /// Where every change goes.
    package var log: any CatalogLog
    /// Whom renewals of leases and TTL checks are told.
    package var heartbeats: any HeartbeatReceiver
    package var identity: ServerIdentity
    /// Who may do what.
    package var access: AccessControl
    package var limits: CatalogLimits
    /// Which addresses a registrant may have probed.
    package var probeTargets: ProbeTargetPolicy
    package var leaseTerms: LeaseTerms
    package var checkDefaults: CheckDefaults
    /// The greatest TTL in seconds that answers about a service carry: how long caches may still
    /// know a drained instance.
    package var answerTTLSeconds: @Sendable (_ service: String) -> Int
    /// Why a DNS question is answered as it is; without a type it asks for addresses.
    package var explain:
        @Sendable (_ name: String, _ type: String?) throws(FieldError) -> NameExplanation
    /// Locks that nobody gets yet.
    let lockDelays: LockDelays
    let events = UserEvents()
    /// Nil while no record of writes is kept.
    package var audit: (any AuditTrail)?
    /// What became of connections that are not served.
    package var connections = ConnectionTally()
    /// The body of `/metrics`, in Prometheus' text format.
    package var metricsText: @Sendable () -> String
    /// What is wrong with the server now.
    package var problems: Problems
    /// How far the catalog may be behind the truth.
    package var freshness: any CatalogFreshness = AlwaysCurrent()
    /// All servers of the cluster, this one among them; nil where this server stands alone.
    package var servers: (@Sendable () -> [ServerPresence])?
    /// The body of `GET /cluster`; nil where this server stands alone.
    package var clusterReport: (@Sendable () async -> ClusterReport)?

    package init(
        keeper: CatalogKeeper,
        log: any CatalogLog,
        heartbeats: any HeartbeatReceiver,
        identity: ServerIdentity,
        access: AccessControl = .off,
        limits: CatalogLimits,
        probeTargets: ProbeTargetPolicy,
        leaseTerms: LeaseTerms,
        checkDefaults: CheckDefaults = CheckDefaults(),
        answerTTLSeconds: @escaping @Sendable (_ service: String) -> Int,
        explain:
            @escaping @Sendable (_ name: String, _ type: String?) throws(FieldError)
            -> NameExplanation,
        metricsText: @escaping @Sendable () -> String,
        problems: Problems
    ) {
        self.keeper = keeper
        self.log = log
        self.heartbeats = heartbeats
        self.identity = identity
        self.access = access
        self.limits = limits
        self.probeTargets = probeTargets
        self.leaseTerms = leaseTerms
        self.checkDefaults = checkDefaults
        self.answerTTLSeconds = answerTTLSeconds
        self.explain = explain
        self.metricsText = metricsText
        self.problems = problems
        self.lockDelays = LockDelays(keeper)
    }
}
