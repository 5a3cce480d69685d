internal import HTTPTypes
internal import ServiceCatalog

extension ConsulRoutes {
    /// What tells of the server's own state, and what Consul has for a mesh and several servers.
    ///
    /// Where nothing of the kind exists the answer is the honest empty one; what cannot be done is
    /// refused with 501 and what to do instead.
    static let operation: [Route] = ownState + mesh + refused

    private static let ownState: [Route] = [
        get("agent/version", .onAgent(Permission.agentRead)) { try $0.agentVersion($1) },
        get("agent/host", .requires { _, _ in .operatorRead }) { try $0.agentHost($1) },
        get("agent/metrics", .onAgent(Permission.agentRead)) { try $0.agentMetrics($1) },
        put("agent/force-leave/", .requires { _, _ in .operatorWrite }) { try $0.forceLeave($1) },
        get("operator/raft/configuration", .requires { _, _ in .operatorRead }) {
            try $0.raftConfiguration($1)
        },
        get("operator/autopilot/health", .requires { _, _ in .operatorRead }) {
            try $0.autopilotHealth($1)
        },
    ]

    private static let mesh: [Route] =
        ["catalog/connect/", "health/connect/", "health/ingress/", "catalog/gateway-services/"]
        .map { path in get(path, .open) { try await $0.noInstances($1) } }
        + ["peerings", "exported-services", "imported-services", "connect/intentions"]
        .map { path in get(path, .open) { try $0.emptyList($1) } }
        + [
            get("config/", .open) { try $0.configEntries($1) },
            get("peering/", .open) { _, request in
                throw APIError(.notFound, "Peering not found for \"\(request.name)\"")
            },
        ]
        + [
            "agent/connect/ca/roots", "agent/connect/ca/leaf/", "connect/ca/roots",
            "connect/ca/configuration", "discovery-chain/",
        ]
        .map { path in
            get(path, .requires { _, _ in .operatorRead }) { _, _ in
                throw APIError(
                    .serverFault,
                    "Connect must be enabled in order to use this endpoint"
                )
            }
        }

    private static let refused: [Route] =
        [
            ("agent/reload", "send SIGHUP to the server, which reads its settings again"),
            ("agent/leave", "send SIGTERM to the server"),
            ("agent/join/", "this server is no member of a cluster"),
            ("agent/token/", "tokens are settings of the server"),
        ]
        .map { path, reason in
            put(path, .onAgent(Permission.agentWrite)) { _, _ in notSupported(reason) }
        }
        + [
            put("config", .requires { _, _ in .operatorWrite }) { _, _ in
                notSupported("there is no service mesh to configure")
            },
            get("agent/monitor", .onAgent(Permission.agentRead)) { _, _ in
                notSupported("the log goes to standard error")
            },
            get("internal/ui/", .onAgent(Permission.nodeRead)) { _, _ in
                notSupported("there is no web page")
            },
        ]

    private static func notSupported(_ reason: String) -> ConsulReply {
        .text("Not supported: \(reason)", status: .notImplemented)
    }
}
