internal import HTTPTypes
internal import Hummingbird
internal import ServiceCatalog
internal import ServiceLifecycle

extension NativeAPI {
    private struct Index: Encodable {
        var name = "rollcall"
        var version: String
        var node: String
        var datacenter: String
        var domain: String
        var dns: [String]
        var endpoints = [
            "POST /register", "PUT /heartbeat/{instance_id}", "DELETE /instances/{instance_id}",
            "GET /services", "GET /services/{service}", "GET /services/{service}/watch",
            "GET /explain", "POST /import", "GET /health", "GET /ready", "GET /metrics",
            "GET /cluster",
            "/v1 (Consul's API)",
        ]
    }

    private struct Condition: Encodable {
        /// One problem, as `/health` shows it.
        struct ShownProblem: Encodable {
            var code: String
            var since: String
            var text: String
            var remedy: String

            init(_ problem: Problem) {
                code = problem.code
                since = Timestamp.format(milliseconds: problem.sinceMilliseconds)
                text = problem.text
                remedy = problem.remedy
            }
        }

        var status: String
        /// Why the status is not 200, or why answers may be stale.
        var problem: String?
        var problems: [ShownProblem]?
    }

    /// `GET /`: who this is and what there is.
    func index() throws -> Response {
        let identity = api.identity
        return try JSONReply.response(
            Index(
                version: identity.version,
                node: identity.nodeName,
                datacenter: identity.datacenter,
                domain: identity.domain,
                dns: identity.dnsAddresses
            ),
            pretty: true
        )
    }

    /// `GET /health`: says whether the server can do all its work, and what is wrong.
    ///
    /// 200 also when it is degraded: it answers then, and others that ask are no better off.
    func health() throws -> Response {
        let problems = api.problems.current
        guard let first = problems.first else {
            return try JSONReply.response(Condition(status: "ok"))
        }
        return try JSONReply.response(
            Condition(
                status: first.isFailure ? "failing" : "degraded",
                problem: first.isFailure ? first.text : nil,
                problems: problems.map(Condition.ShownProblem.init)
            ),
            status: first.isFailure ? .serviceUnavailable : .ok
        )
    }

    /// `GET /ready`: says whether to send requests here; no longer, once the server is stopping.
    func ready() throws -> Response {
        let problem =
            Task.isShuttingDownGracefully ? "the server is stopping" : api.problems.failure?.text
        guard let problem else {
            // Who balances load is better off with it than with nobody.
            let stale = api.problems.current.first(where: \.makesAnswersStale)
            return try JSONReply.response(
                Condition(status: stale == nil ? "ready" : "ready, stale", problem: stale?.text)
            )
        }
        return try JSONReply.response(
            Condition(status: "not ready", problem: problem),
            status: .serviceUnavailable
        )
    }

    /// `GET /cluster`: the cluster as this server knows it; 404 where it stands alone.
    func cluster() async throws -> Response {
        guard let report = api.clusterReport else {
            throw APIError(
                .notFound,
                "this server stands alone",
                hint: "servers started with --store etcd share a catalog"
            )
        }
        return try JSONReply.response(await report(), pretty: true)
    }

    /// `GET /metrics`: Prometheus' text format.
    func metrics() -> Response {
        JSONReply.text(
            api.metricsText(),
            contentType: "text/plain; version=0.0.4; charset=utf-8"
        )
    }
}
