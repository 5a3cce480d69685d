internal import DNSResponder
internal import DNSWire
internal import DNSZones
internal import DurableStore
internal import EncryptedDNS
internal import EtcdCluster
internal import HealthProber
internal import Logging
internal import RegistryAPI
internal import ServiceCatalog
internal import ServiceLifecycle
internal import UnixSignals

/// The server: builds the rooms, joins them, runs them until it is told to stop.
struct Daemon {
    let configuration: Configuration
    /// Read again on SIGHUP.
    let sources: ConfigurationSources
    let logger: Logger
    /// What the service manager passed on.
    let environment: [String: String]
    let shares: DescriptorShares

    /// Serves until SIGTERM or SIGINT.
    ///
    /// - Throws: `StartError` when it cannot start: nothing has listened then.
    func run() async throws {
        let confinement = try Confinement(configuration, logger: logger)
        try confinement.prepare()
        let registry = try Registry(
            configuration,
            in: confinement.dataFolder,
            logger: logger
        )
        try await withThrowingTaskGroup(of: Void.self) { group in
            // The log outlives all that writes to it.
            group.addTask { await registry.log.run() }
            do {
                try await serve(registry, confinement)
            } catch {
                // A group that throws cancels the log in the middle of its last write.
                registry.log.stop()
                try await group.waitForAll()
                throw error
            }
            registry.log.stop()
            try await group.waitForAll()
        }
        try registry.store?.close()
    }

    private func serve(_ registry: Registry, _ confinement: Confinement) async throws {
        let audit = try auditLog(registry.access)
        defer { audit?.flush() }
        let write = try await fill(registry, audit)
        let notify = SystemdNotify(environment: environment)
        let responder = try responder(registry)
        let encryption = try await encryption(registry)
        let prober = prober(registry, audit)
        let metrics = MetricsPage(
            version: RollcallCommand.version,
            responder: responder,
            table: registry.table,
            serviceZone: registry.serviceZone,
            keeper: registry.keeper,
            log: registry.log,
            prober: prober,
            forwarder: registry.forwarder,
            transfers: registry.transfers,
            problems: registry.problems,
            audit: audit,
            encryption: encryption,
            cluster: registry.cluster
        )
        let addresses = responder.boundAddresses
        let api = try await api(registry, prober, metrics, dnsAddresses: addresses)
        registry.followLog()
        if !configuration.isEphemeral, registry.cluster == nil {
            registry.problems.followRecoveries(in: configuration.dataDirectory)
        }
        if let audit { registry.follow(audit) }
        followProblems(registry, prober, api)
        warnOfExposures()
        // Every port is open by now; the last thing that needs root.
        try confinement.enter(with: audit)
        responder.start()
        defer { responder.stop() }
        let reloader = Reloader(
            sources: sources,
            started: configuration,
            registry: registry,
            responder: responder,
            encryption: encryption,
            notify: notify,
            audit: audit,
            logger: logger,
            announce: { announce(registry, responder, api, encryption.dns) }
        )
        let services: [any Service] = [
            prober, WatchClock(keeper: registry.keeper), registry.dnsAccess,
            Watchdog(notify: notify), reloader, api,
            ProblemWatch(
                problems: registry.problems,
                responder: responder,
                prober: prober,
                serviceZone: registry.serviceZone,
                logger: logger
            ),
        ]
        let duties = registry.cluster.map {
            ClusterDuties(cluster: $0, keeper: registry.keeper, write: write, logger: logger)
        }
        let others: [(any Service)?] = [encryption.dns, duties]
        try await run(services + others.compactMap { $0 })
        notify.send(.stopping)
    }

    private func prober(_ registry: Registry, _ audit: AuditLog?) -> ProberService {
        let prober = ProberService(
            keeper: registry.keeper,
            log: audit.map {
                AuditedRemovals(registry.findings, trail: $0, now: registry.access.now)
            } ?? registry.findings,
            policy: ProbeTargetPolicy(allowed: configuration.health.allowedNetworks),
            settings: configuration.prober(inFlightMax: shares.probesInFlightMax),
            sharing: registry.cluster?.sharing,
            logger: logger
        )
        registry.cluster?.follow(ClusterProber(prober: prober))
        return prober
    }

    /// Writes what every start writes.
    ///
    /// - Returns: what writes it again, later where etcd cannot be reached now.
    private func fill(
        _ registry: Registry,
        _ audit: AuditLog?
    ) async throws -> @Sendable () async throws -> Void {
        let registrations = try configuration.consulRegistrations(
            onNode: configuration.agentNodeName
        )
        let configuration = configuration
        @Sendable func write() async throws {
            try await registry.registerLocalNode(configuration, version: RollcallCommand.version)
            try await registry.registerInitialManagement(configuration)
            try await registry.registerConfigured(registrations)
        }
        guard let cluster = registry.cluster else {
            try await write()
            try await registry.finishDrains(recordingIn: audit)
            return write
        }
        do throws(ClusterStartError) {
            try await cluster.waitUntilServing()
        } catch {
            throw StartError("\(error)")
        }
        do {
            try await write()
        } catch let error as CatalogLogError {
            if case .rejected = error { throw StartError("\(error)") }
        }
        return write
    }

    /// Runs the services until a signal says stop.
    private func run(_ services: [any Service]) async throws {
        // Below info a group tells its services with all that is in them, also the environment.
        var groupLogger = logger
        groupLogger.logLevel = max(logger.logLevel, .info)
        try await ServiceGroup(
            services: services,
            gracefulShutdownSignals: [.sigterm, .sigint],
            logger: groupLogger
        ).run()
    }

    private func responder(_ registry: Registry) throws(StartError) -> Responder {
        do {
            let sockets = try SystemdSockets(environment: environment).sockets
            let inherited = sockets.map(\.descriptor)
            var responder = configuration.responder(inherited: inherited)
            responder.tcpConnectionsMax = shares.dnsConnectionsMax
            responder.pendingRepliesMax = shares.forwardedQueriesMax
            return try Responder(
                configuration: responder,
                table: registry.table,
                fallback: registry.fallback,
                forwarder: registry.forwarder,
                transfers: registry.transfers
            )
        } catch let error as ConfigurationError {
            throw StartError(error)
        } catch let error as ResponderError {
            throw StartError(error)
        } catch {
            throw StartError("\(error)")
        }
    }

    private func api(
        _ registry: Registry,
        _ prober: ProberService,
        _ metrics: MetricsPage,
        dnsAddresses: [ListenAddress]
    ) async throws(StartError) -> APIService {
        var context = APIContext(
            keeper: registry.keeper,
            log: registry.log,
            heartbeats: prober,
            identity: ServerIdentity(
                nodeName: configuration.nodeName,
                agentNode: configuration.agentNodeName,
                nodeID: registry.nodeID,
                address: configuration.nodeAddress.description,
                datacenter: configuration.datacenter,
                domain: configuration.domains.first?.description ?? ".",
                version: RollcallCommand.version,
                dnsAddresses: dnsAddresses.map(\.description)
            ),
            access: registry.access,
            limits: configuration.limits,
            probeTargets: ProbeTargetPolicy(allowed: configuration.health.allowedNetworks),
            leaseTerms: configuration.leaseTerms,
            checkDefaults: configuration.checkDefaults,
            answerTTLSeconds: { registry.forgottenAfterSeconds($0) },
            explain: { (name, type) throws(FieldError) in
                let question = try Question(name: name, type: type)
                return registry.explainer.explain(question.name, question.type)
            },
            metricsText: { metrics.text },
            problems: registry.problems
        )
        if let cluster = registry.cluster { context.join(cluster) }
        context.audit = metrics.audit
        context.connections = metrics.httpConnections
        var settings = configuration.api
        settings.connectionsMax = shares.httpConnectionsMax
        do {
            return try await APIService.bind(
                to: configuration.httpListen.map { ($0.address.description, Int($0.port)) },
                securely: configuration.httpsListen.map {
                    ($0.address.description, Int($0.port))
                },
                tls: metrics.encryption.https,
                api: context,
                settings: settings,
                logger: logger
            )
        } catch {
            await metrics.encryption.dns?.close()
            throw StartError(error)
        }
    }

    /// Nil while no record of writes is kept.
    private func auditLog(_ access: AccessControl) throws(StartError) -> AuditLog? {
        switch configuration.auditLog {
        case .off: nil
        case .log: try AuditLog(path: nil, logger: logger, now: access.now)
        case .file(let path): try AuditLog(path: path, logger: logger, now: access.now)
        }
    }

    /// Says it once for each listener that strangers may reach.
    private func warnOfExposures() {
        for exposure in configuration.exposures {
            logger.warning(
                "listens on a public address without access control",
                metadata: [
                    "address": "\(exposure.address)", "risk": "\(exposure.risk)",
                    "remedy": "\(exposure.remedy)",
                ]
            )
        }
    }
}

extension Configuration {
    func responder(inherited: [Int32]) -> ResponderConfiguration {
        ResponderConfiguration(
            listen: inherited.isEmpty
                ? dnsListen
                : [],
            workers: workers,
            udpPayloadBytesMax: dns.udpPayloadBytes,
            nameServerIdentifier: nsid.map { Array($0.utf8) } ?? [],
            setsRecursionAvailable: dns.isRecursionAvailable || !dns.recursors.isEmpty,
            tcpConnectionsMax: dns.tcpConnectionsMax,
            tcpIdleSeconds: Int(dns.tcpIdleTimeout.components.seconds),
            inherited: inherited,
            tcpConnectionsPerClientMax: dns.protection.connectionsPerClientMax,
            protection: dns.protection.settings
        )
    }

    /// `inFlightMax` may be less than what is configured: the descriptors are shared.
    func prober(inFlightMax: Int) -> ProberSettings {
        var settings = ProberSettings()
        settings.probesInFlightMax = inFlightMax
        settings.damping.fallsMax = health.flapFallsMax
        settings.damping.halfLife = health.flapHalfLife
        if cluster.isUsed {
            settings.isShared = true
            settings.leaseSlack = .seconds(3)
            // What is no change of health is no write.
            settings.outputInterval = .seconds(86_400)
            settings.progressWritesPerSecondMax = 0
        }
        return settings
    }

    var leaseTerms: LeaseTerms {
        LeaseTerms(
            defaultMilliseconds: Int(leases.ttlDefault.wholeMilliseconds),
            minimumMilliseconds: Int(leases.ttlMin.wholeMilliseconds),
            maximumMilliseconds: Int(leases.ttlMax.wholeMilliseconds)
        )
    }

    var checkDefaults: CheckDefaults {
        CheckDefaults(
            intervalMilliseconds: Int(health.intervalDefault.wholeMilliseconds),
            timeoutMilliseconds: Int(health.timeoutDefault.wholeMilliseconds),
            failuresBeforeCritical: health.failuresBeforeCritical,
            successesBeforePassing: health.successesBeforePassing
        )
    }

    var api: APISettings {
        var settings = APISettings()
        settings.allowedClients = ClientNetworks(http.allowedClients)
        settings.allowedWriters = ClientNetworks(http.allowedWriters)
        settings.bodyBytesMax = http.bodyBytesMax
        settings.importBytesMax = http.importBytesMax
        // One body must fit.
        settings.bodiesBytesMax = max(http.bodiesBytesMax, http.bodyBytesMax)
        settings.headTimeout = http.requestTimeout
        settings.bodyTimeout = http.requestTimeout
        settings.headerBytesMax = http.headerBytesMax
        settings.headersMax = http.headersMax
        settings.connectionsMax = http.connectionsMax
        settings.idleTimeout = http.idleTimeout
        return settings
    }
}
