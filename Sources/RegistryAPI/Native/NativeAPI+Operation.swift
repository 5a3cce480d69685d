internal import HTTPTypes
internal import Hummingbird
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
            "POST /import", "GET /health", "GET /ready", "GET /metrics", "/v1 (Consul's API)",
        ]
    }

    private struct Condition: Encodable {
        var status: String
        var problem: String?
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

    /// `GET /health`: says whether the server can do all its work.
    func health() throws -> Response {
        guard let problem = api.healthProblem() else {
            return try JSONReply.response(Condition(status: "ok"))
        }
        return try JSONReply.response(
            Condition(status: "failing", problem: problem),
            status: .serviceUnavailable
        )
    }

    /// `GET /ready`: says whether to send requests here; no longer, once the server is stopping.
    func ready() throws -> Response {
        let problem = Task.isShuttingDownGracefully ? "the server is stopping" : api.healthProblem()
        guard let problem else { return try JSONReply.response(Condition(status: "ready")) }
        return try JSONReply.response(
            Condition(status: "not ready", problem: problem),
            status: .serviceUnavailable
        )
    }

    /// `GET /metrics`: Prometheus' text format.
    func metrics() -> Response {
        JSONReply.text(
            api.metricsText(),
            contentType: "text/plain; version=0.0.4; charset=utf-8"
        )
    }
}
