internal import DNSForwarder
internal import DNSResponder
internal import DNSWire
internal import DNSZones
internal import DurableStore
internal import EtcdCluster
internal import Foundation
internal import Logging
internal import RegistryAPI
internal import ServiceCatalog

/// The river from the log to the answers, with the stored catalog already in it.
struct Registry {
    /// What is wrong with the server now.
    let problems = Problems(now: { Int(Date().timeIntervalSince1970 * 1_000) })
    let keeper: CatalogKeeper
    let log: any OperatedLog
    /// What this server is of a cluster; nil where it stands alone.
    let cluster: ClusterNode?
    let table: AnswerTable
    let serviceZone: ServiceZone
    let fallback: AuthoritativeFallback
    /// Hands whole zones to those who may have them.
    let transfers: ZoneTransfers
    /// Tells people why names are answered as they are.
    let explainer: NameExplainer
    /// Nil without recursors.
    let forwarder: Forwarder?
    /// Puts changes into the answer table.
    let publish: @Sendable ([TableChange]) -> Void
    /// Nil with `--ephemeral`, and in a cluster.
    let store: CatalogStore?
    /// The UUID of the local node.
    let nodeID: String
    /// Who may do what.
    let access: AccessControl
    /// What of the catalog DNS shows.
    let dnsAccess: DNSAccess

    /// Loads the store and the zones and compiles all answers; nothing listens yet.
    ///
    /// - Parameter dataFolder: nil where the server stays who it is.
    init(
        _ configuration: Configuration,
        in dataFolder: DataFolder?,
        logger: Logger
    ) throws(StartError) {
        let zones = try Self.zones(configuration, logger: logger)
        let order = try Self.order(configuration, in: dataFolder, logger: logger)
        (keeper, log, cluster) = (order.keeper, order.log, order.cluster)
        (store, nodeID) = (order.store, order.nodeID)
        let table = AnswerTable(readers: configuration.answerReaders)
        self.table = table
        let publish = Self.publisher(to: table, logger: logger)
        self.publish = publish
        let serviceZone = ServiceZone(
            settings: configuration.serviceZone(beside: zones.zones),
            publish: publish
        )
        self.serviceZone = serviceZone
        let access = configuration.accessControl
        self.access = access
        let queries = QueryExecutor(keeper: keeper, access: access)
        let lookup = ServiceZoneLookup(
            zone: serviceZone,
            table: table,
            keeper: keeper,
            queries: PreparedQueryAnswers(
                keeper: keeper,
                executor: queries,
                localNode: configuration.agentNodeName
            )
        )
        fallback = AuthoritativeFallback(zones: zones.zones, others: lookup)
        transfers = try Self.transfers(ServedZones(files: fallback, catalog: lookup), logger)
        explainer = NameExplainer(
            zone: serviceZone,
            fallback: fallback,
            keeper: keeper,
            queries: queries,
            localNode: configuration.agentNodeName
        )
        forwarder =
            configuration.dns.recursors.isEmpty
            ? nil : Forwarder(settings: configuration.forwarder)
        publish(StaticZoneCompiler.changes(to: zones.zones))
        dnsAccess = DNSAccess(access: access, serviceZone: serviceZone, keeper: keeper)
        keeper.add(serviceZone) { serviceZone.publishAll(of: $0) }
        if access.isEnabled {
            let dnsAccess = dnsAccess
            keeper.add(dnsAccess) { dnsAccess.update($0) }
        }
    }

    /// Who puts changes in order, with the catalog as it was.
    struct Order {
        var keeper: CatalogKeeper
        var log: any OperatedLog
        var cluster: ClusterNode?
        var store: CatalogStore?
        var nodeID: String
    }

    private static func order(
        _ configuration: Configuration,
        in dataFolder: DataFolder?,
        logger: Logger
    ) throws(StartError) -> Order {
        if configuration.cluster.isUsed {
            return try clusterOrder(configuration, in: dataFolder, logger: logger)
        }
        var catalog = Catalog(datacenter: configuration.datacenter, limits: configuration.limits)
        var position: UInt64 = 0
        var store: CatalogStore?
        var nodeID = UUID().uuidString.lowercased()
        if !configuration.isEphemeral {
            let (opened, keptID) = try open(configuration, in: dataFolder, logger: logger)
            (catalog, position) = (opened.catalog, opened.position)
            (store, nodeID) = (opened.store, keptID)
        }
        let keeper = CatalogKeeper(catalog)
        let log = StandaloneLog(
            keeper: keeper,
            store: store,
            position: position,
            snapshots: configuration.data.policy,
            foldedChangesMax: configuration.data.foldChanges,
            logger: logger
        )
        return Order(
            keeper: keeper,
            log: log,
            store: store,
            nodeID: configuration.nodeIDGiven ?? nodeID
        )
    }

    private static func zones(
        _ configuration: Configuration,
        logger: Logger
    ) throws(StartError) -> ZoneFolder {
        let zones = try configuration.loadZones()
        for warning in zones.warnings {
            logger.warning("doubtful zone file", metadata: ["warning": "\(warning)"])
        }
        return zones
    }

    /// Opens the stored catalog, and tells of damage; makes up the node's id at the first start.
    private static func open(
        _ configuration: Configuration,
        in dataFolder: DataFolder?,
        logger: Logger
    ) throws(StartError) -> (OpenedStore, nodeID: String) {
        if let dataFolder {
            return try dataFolder.open { () throws(StartError) in
                try open(configuration, in: nil, logger: logger)
            }
        }
        do throws(CatalogStoreError) {
            let opened = try CatalogStore.open(
                folder: configuration.dataDirectory,
                datacenter: configuration.datacenter,
                limits: configuration.limits
            )
            if let recovery = opened.recovery {
                logger.error(
                    "the stored catalog was damaged and is restored",
                    metadata: ["report": "\(recovery.description)"]
                )
            }
            return (opened, try opened.store.fact("node-id") { UUID().uuidString.lowercased() })
        } catch {
            throw StartError(error)
        }
    }

    private static func transfers(
        _ zones: ServedZones,
        _ logger: Logger
    ) throws(StartError) -> ZoneTransfers {
        do throws(ResponderError) {
            return try ZoneTransfers(source: zones) { logger.log($0) }
        } catch {
            throw StartError(error)
        }
    }

    private static func publisher(
        to table: AnswerTable,
        logger: Logger
    ) -> @Sendable ([TableChange]) -> Void {
        { changes in
            do {
                try table.apply(changes)
            } catch {
                logger.warning("an answer was left out", metadata: ["error": "\(error)"])
            }
        }
    }

    /// Puts the local node, its health and the registry itself into the catalog, as Consul's
    /// clients expect to find them.
    func registerLocalNode(_ configuration: Configuration, version: String) async throws {
        let node = Node(
            id: nodeID,
            name: configuration.nodeName,
            address: configuration.nodeAddress.description,
            datacenter: configuration.datacenter,
            taggedAddresses: configuration.taggedAddresses,
            meta: configuration.nodeMeta
        )
        let registry = ServiceInstance(
            node: node.name,
            id: "consul",
            service: "consul",
            port: 8300,
            meta: ["version": version]
        )
        let alive = HealthCheck(
            node: node.name,
            id: "serfHealth",
            name: "Serf Health Status",
            status: .passing,
            output: "Agent alive and reachable"
        )
        var checks = [RegisteredCheck(alive, keepsStatus: false)]
        if cluster != nil { checks.append(RegisteredCheck(.server(on: node), keepsStatus: false)) }
        try await log.append(
            .register(Registration(node: node, instance: registry, checks: checks))
        )
        if cluster != nil { try await registerAgentNode(configuration) }
    }
}

extension Registry {
    /// Removes the instances that were leaving when the server stopped: nobody waits for them now.
    func finishDrains(recordingIn audit: AuditLog?) async throws {
        let log: any CatalogLog =
            audit.map { AuditedRemovals(self.log, trail: $0, now: access.now) } ?? self.log
        var leaving: [InstanceKey] = []
        keeper.snapshot().forEachInstance { if $0.isDraining { leaving.append($0.key) } }
        for key in leaving {
            try await log.append(.deregisterInstance(key, onlyIf: nil))
        }
    }
}

extension Registry {
    /// After how many seconds no cache knows an instance of `service` that has left all answers.
    ///
    /// The longest TTL of its names and of the prepared queries that may find it, and one second
    /// more: an answer that left just before may still be under way, and a cache that passes on a
    /// rest of a TTL rounds it up.
    func forgottenAfterSeconds(_ service: String) -> Int {
        let folded = Catalog.fold(service)
        let queries = keeper.snapshot().preparedQueries.filter {
            $0.template != nil || Catalog.fold($0.service.service) == folded
        }
        let ofQueries = queries.compactMap(\.dnsTTLSeconds).max() ?? 0
        return max(Int(serviceZone.answerTTLSeconds(service)), ofQueries) + 1
    }
}

extension Registry {
    /// Writes the management token that the settings name, unless there is one with its secret.
    func registerInitialManagement(_ configuration: Configuration) async throws {
        guard configuration.acl.isEnabled,
            let secret = configuration.acl.initialManagement?.value,
            keeper.read({ $0.accessToken(secretID: secret) == nil })
        else { return }
        let token = AccessToken.management(
            secretID: secret,
            accessorID: UUID().uuidString.lowercased(),
            description: "Initial Management Token",
            now: access.now()
        )
        do throws(CatalogLogError) {
            try await log.append(.setAccessToken(token))
        } catch {
            // Another server of the cluster was first.
            guard case .rejected(.accessTokenTaken) = error else { throw error }
        }
    }
}

extension Configuration {
    /// One for each worker and each thread of the encrypted transports, one for the slow path's
    /// questions to the catalog's zones.
    fileprivate var answerReaders: Int {
        workers + 1 + (dns.encrypted.isUsed ? workers : 0)
    }

    /// Who may do what, with the machine's clock.
    fileprivate var accessControl: AccessControl {
        AccessControl(acl.access, now: { Int(Date().timeIntervalSince1970 * 1_000) })
    }
}

extension Configuration {
    /// The zone files; `fixed` has the domains that the server was started with.
    ///
    /// A folder that somebody asked for must be there; the default one may be missing.
    func loadZones(startedAs fixed: Configuration? = nil) throws(StartError) -> ZoneFolder {
        let started = fixed ?? self
        let path = zonesDirectory
        if path == Configuration(host: host).zonesDirectory,
            !FileManager.default.fileExists(atPath: path)
        {
            return ZoneFolder.empty
        }
        do {
            return try ZoneFolder.load(
                path: path,
                otherApexes: Set(started.domains + started.reverseZones)
            )
        } catch {
            throw StartError(error)
        }
    }

    /// How the catalog's names are answered beside `zones`.
    func serviceZone(beside zones: StaticZoneSet) -> ServiceZoneSettings {
        var settings = serviceZone
        settings.staticApexes = Set(zones.zones.keys)
        return settings
    }
}

extension Configuration {
    /// The part that concerns the catalog's names.
    private var serviceZone: ServiceZoneSettings {
        let (ttlSeconds, serviceTTLSeconds) = Self.perService(dns.ttlSecondsPerService)
        let (limits, limit) = Self.perService(dns.addressRecordLimitPerService)
        let (panics, panic) = Self.perService(health.panicThresholdPerService)
        return ServiceZoneSettings(
            domains: domains,
            datacenter: datacenter,
            serviceTTL: ServiceTTL(
                defaultSeconds: serviceTTLSeconds ?? dns.serviceTTLSeconds,
                exact: ttlSeconds.exact,
                prefixes: ttlSeconds.prefixes
            ),
            nodeTTLSeconds: dns.nodeTTLSeconds,
            negativeTTLSeconds: dns.negativeTTLSeconds,
            timers: ZoneTimers(
                refreshSeconds: dns.refreshInterval.wholeSeconds,
                retrySeconds: dns.retryInterval.wholeSeconds,
                expireSeconds: dns.expiry.wholeSeconds
            ),
            nameServerLabel: dns.nameServerLabel,
            mailboxLabel: dns.mailboxLabel,
            nameServerAddresses: nameServerAddresses,
            reverseZones: reverseZones,
            onlyPassing: dns.answersOnlyPassing,
            forwardsReverseMisses: !dns.recursors.isEmpty,
            addsNodeText: dns.addsNodeText,
            limits: ServiceAnswerLimits(
                addressesMax: limit ?? dns.addressRecordLimit,
                addressesMaxPerService: limits,
                smallReplyMax: dns.smallAnswerLimit
            ),
            panic: PanicThreshold(
                defaultPercent: panic ?? health.panicThreshold,
                perService: panics
            )
        )
    }

    /// The entries for names and for prefixes, and the one for `*`.
    private static func perService<Value: Hashable & Sendable>(
        _ entries: [String: Value]
    ) -> (PerService<Value>, Value?) {
        var result = PerService<Value>()
        for (pattern, value) in entries where pattern != "*" {
            if pattern.hasSuffix("*") {
                result.prefixes[pattern.dropLast().lowercased()] = value
            } else {
                result.exact[pattern.lowercased()] = value
            }
        }
        return (result, entries["*"])
    }

    /// The node's address under the names that Consul's clients read.
    var taggedAddresses: [String: String] {
        let text = nodeAddress.description
        let family = nodeAddress.bitWidth == 32 ? "ipv4" : "ipv6"
        return ["lan": text, "wan": text, "lan_\(family)": text, "wan_\(family)": text]
    }
}

extension Duration {
    /// Rounded down; a time of the SOA.
    fileprivate var wholeSeconds: UInt32 { UInt32(clamping: components.seconds) }
}
