package import ServiceCatalog

/// What every route needs; the program fills it in.
package struct APIContext: Sendable {
    package var keeper: CatalogKeeper
    package var log: any CatalogLog
    package var heartbeats: any HeartbeatReceiver
    package var identity: ServerIdentity
    package var limits: CatalogLimits
    package var probeTargets: ProbeTargetPolicy
    package var leaseTerms: LeaseTerms
    package var checkDefaults: CheckDefaults
    /// The greatest TTL in seconds that answers about a service carry: how long caches may still
    /// know a drained instance.
    package var answerTTLSeconds: @Sendable (_ service: String) -> Int
    /// The body of `/metrics`, in Prometheus' text format.
    package var metricsText: @Sendable () -> String
    /// Nil when the server can do all its work, otherwise what is wrong, for people.
    package var healthProblem: @Sendable () -> String?

    package init(
        keeper: CatalogKeeper,
        log: any CatalogLog,
        heartbeats: any HeartbeatReceiver,
        identity: ServerIdentity,
        limits: CatalogLimits,
        probeTargets: ProbeTargetPolicy,
        leaseTerms: LeaseTerms,
        checkDefaults: CheckDefaults = CheckDefaults(),
        answerTTLSeconds: @escaping @Sendable (_ service: String) -> Int,
        metricsText: @escaping @Sendable () -> String,
        healthProblem: @escaping @Sendable () -> String?
    ) {
        self.keeper = keeper
        self.log = log
        self.heartbeats = heartbeats
        self.identity = identity
        self.limits = limits
        self.probeTargets = probeTargets
        self.leaseTerms = leaseTerms
        self.checkDefaults = checkDefaults
        self.answerTTLSeconds = answerTTLSeconds
        self.metricsText = metricsText
        self.healthProblem = healthProblem
    }
}

/// Who this server is.
package struct ServerIdentity: Hashable, Sendable {
    package var nodeName: String
    /// A UUID, stable over restarts.
    package var nodeID: String
    /// The address of the node in the catalog.
    package var address: String
    package var datacenter: String
    /// The first domain, with its final dot.
    package var domain: String
    package var version: String
    /// `address:port` of the DNS listeners.
    package var dnsAddresses: [String]

    package init(
        nodeName: String,
        nodeID: String,
        address: String,
        datacenter: String,
        domain: String,
        version: String,
        dnsAddresses: [String]
    ) {
        self.nodeName = nodeName
        self.nodeID = nodeID
        self.address = address
        self.datacenter = datacenter
        self.domain = domain
        self.version = version
        self.dnsAddresses = dnsAddresses
    }
}

/// How long leases of the native API may be.
package struct LeaseTerms: Hashable, Sendable {
    /// Used when a registrant asks for a lease without a time.
    package var defaultMilliseconds: Int
    package var minimumMilliseconds: Int
    package var maximumMilliseconds: Int

    package init(
        defaultMilliseconds: Int = 30_000,
        minimumMilliseconds: Int = 1_000,
        maximumMilliseconds: Int = 86_400_000
    ) {
        self.defaultMilliseconds = defaultMilliseconds
        self.minimumMilliseconds = minimumMilliseconds
        self.maximumMilliseconds = maximumMilliseconds
    }
}

/// What a check of the native API has where its registrant says nothing.
package struct CheckDefaults: Hashable, Sendable {
    package var intervalMilliseconds: Int
    /// Cut to the interval: a probe should have ended when the next one is due.
    package var timeoutMilliseconds: Int
    package var failuresBeforeCritical: Int
    package var successesBeforePassing: Int

    package init(
        intervalMilliseconds: Int = 10_000,
        timeoutMilliseconds: Int = 5_000,
        failuresBeforeCritical: Int = 3,
        successesBeforePassing: Int = 1
    ) {
        self.intervalMilliseconds = intervalMilliseconds
        self.timeoutMilliseconds = timeoutMilliseconds
        self.failuresBeforeCritical = failuresBeforeCritical
        self.successesBeforePassing = successesBeforePassing
    }
}
