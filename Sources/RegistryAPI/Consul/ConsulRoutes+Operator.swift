internal import HTTPTypes
internal import ServiceCatalog

extension ConsulRoutes {
    /// What exporters and client libraries read of the servers: `operator/…`.
    static let `operator`: [Route] = [
        Route(
            method: .get,
            path: "operator/raft/configuration",
            access: .requires { _, _ in .operatorRead }
        ) { try $0.raftConfiguration($1) },
        Route(
            method: .get,
            path: "operator/autopilot/health",
            access: .requires { _, _ in .operatorRead }
        ) { try $0.autopilotHealth($1) },
    ]
}
