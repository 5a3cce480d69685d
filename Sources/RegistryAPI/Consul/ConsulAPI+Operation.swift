internal import HTTPTypes
internal import ServiceCatalog

#if canImport(Glibc)
    internal import Glibc
#else
    internal import Darwin
#endif

/// The server's own state, as Consul's operators ask for it.
extension ConsulAPI {
    /// `GET agent/version`.
    func agentVersion(_ request: ConsulRequest) throws(APIError) -> ConsulReply {
        .json(for: request) { writer in
            writer.beginObject()
            writer.field("SHA", "")
            writer.field("BuildDate", "1970-01-01T00:00:00Z")
            writer.field("HumanVersion", "\(Self.compatibleVersion)+rollcall")
            writer.field("FIPS", "")
            writer.endObject()
        }
    }

    /// `GET agent/host`: the host's name; its figures are not for a registry to tell.
    func agentHost(_ request: ConsulRequest) throws(APIError) -> ConsulReply {
        .json(for: request) { writer in
            writer.beginObject()
            for part in ["Memory", "CPU", "Disk"] {
                writer.key(part)
                writer.null()
            }
            writer.key("Host")
            writer.beginObject()
            writer.field("hostname", context.identity.nodeName)
            writer.endObject()
            writer.field("CollectionTime", Int(time(nil)) * 1_000_000_000)
            writer.key("Errors")
            writer.null()
            writer.endObject()
        }
    }

    /// `PUT agent/force-leave/:node`: there is nobody else to be told to leave.
    func forceLeave(_ request: ConsulRequest) throws(APIError) -> ConsulReply {
        let name = try request.requiredName("node name")
        throw APIError(.serverFault, "agent: No node found with name '\(name)'")
    }

    /// `GET operator/raft/configuration`: the servers.
    func raftConfiguration(_ request: ConsulRequest) throws(APIError) -> ConsulReply {
        let index = context.keeper.read { $0.index }
        let servers = servers
        return .json(for: request) { writer in
            writer.beginObject()
            writer.key("Servers")
            writer.beginArray()
            for server in servers {
                writer.beginObject()
                writer.field("ID", server.id)
                writer.field("Node", server.name)
                writer.field("Address", serverAddress(server.address))
                writer.field("Leader", server.isLeader)
                writer.field("ProtocolVersion", "3")
                writer.field("Voter", true)
                writer.field("LastIndex", index)
                writer.endObject()
            }
            writer.endArray()
            writer.field("Index", index)
            writer.endObject()
        }
    }

    /// `GET operator/autopilot/health`: what `/health` says, in Consul's form and with its 429.
    func autopilotHealth(_ request: ConsulRequest) throws(APIError) -> ConsulReply {
        let isHealthy = context.problems.failure == nil && context.freshness.knowsLeader
        let index = context.keeper.read { $0.index }
        let servers = servers
        let age = GoDuration.format(milliseconds: context.freshness.ageMilliseconds)
        return .json(for: request, status: isHealthy ? .ok : .tooManyRequests) { writer in
            writer.beginObject()
            writer.field("Healthy", isHealthy)
            writer.field("FailureTolerance", max(servers.count(where: \.isAlive) - 1, 0))
            writer.key("Servers")
            writer.beginArray()
            for server in servers {
                writer.beginObject()
                writer.field("ID", server.id)
                writer.field("Name", server.name)
                writer.field("Address", serverAddress(server.address))
                writer.field("SerfStatus", server.isAlive ? "alive" : "failed")
                writer.field("Version", Self.compatibleVersion)
                writer.field("Leader", server.isLeader)
                writer.field("LastContact", age)
                writer.field("LastTerm", 1)
                writer.field("LastIndex", index)
                writer.field("Healthy", isHealthy && server.isAlive)
                writer.field("Voter", true)
                writer.field("StableSince", "1970-01-01T00:00:00Z")
                writer.endObject()
            }
            writer.endArray()
            writer.endObject()
        }
    }
}

// MARK: - What there is none of

extension ConsulAPI {
    /// Instances of a mesh's kinds, of which the catalog has none.
    func noInstances(_ request: ConsulRequest) async throws(APIError) -> ConsulReply {
        let name = try request.requiredName("service name")
        return try await answer(request, about: .service(name)) { _, _ in
            [String]()
        } write: { writer, none in
            writer.strings(none)
        }
    }

    func emptyList(_ request: ConsulRequest) throws(APIError) -> ConsulReply {
        var reply = ConsulReply.json(for: request) { $0.strings([]) }
        reply.headers.append(contentsOf: try options(of: request).headers(index: 1))
        return reply
    }

    /// `GET config/:kind` and `config/:kind/:name`.
    func configEntries(_ request: ConsulRequest) throws(APIError) -> ConsulReply {
        let parts = request.name.split(separator: "/", maxSplits: 1)
        guard parts.count == 2 else { return try emptyList(request) }
        throw APIError(.notFound, "Config entry not found for \"\(parts[0])\" / \"\(parts[1])\"")
    }
}
