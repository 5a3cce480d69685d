internal import ServiceCatalog

/// What the server says of itself: `agent/self`, `agent/members` and `status/…`.
extension ConsulAPI {
    /// The version of Consul whose API this is.
    ///
    /// Why: clients such as Nomad use a feature only from the version on that brought it.
    static let compatibleVersion = "1.21.4"
    /// The port that Consul's servers speak to each other on; clients take the address apart.
    private static let serverPort = 8300
    private static let gossipPort = 8301

    /// `GET agent/self`.
    func agentSelf(_ request: ConsulRequest) throws(APIError) -> ConsulReply {
        let identity = context.identity
        return .json(for: request, capacity: 4096) { writer in
            writer.beginObject()
            writer.key("Config")
            writer.beginObject()
            writer.field("Datacenter", identity.datacenter)
            writer.field("PrimaryDatacenter", identity.datacenter)
            writer.field("NodeName", identity.nodeName)
            writer.field("NodeID", identity.nodeID)
            writer.field("Revision", "")
            writer.field("Server", true)
            writer.field("Version", "\(Self.compatibleVersion)+rollcall")
            writer.field("BuildDate", "1970-01-01T00:00:00Z")
            writer.endObject()
            writer.key("DebugConfig")
            debugConfig(&writer)
            writer.key("Coord")
            writer.raw(
                #"{"Adjustment":0,"Error":1.5,"Height":0.00001,"Vec":[0,0,0,0,0,0,0,0]}"#
            )
            writer.key("Member")
            writer.member(member(ownPresence))
            writer.key("Stats")
            writer.raw("{}")
            writer.field("Meta", ["rollcall-version": identity.version], whenEmpty: "{}")
            writer.key("xDS")
            writer.raw(#"{"SupportedProxies":{},"Port":-1,"Ports":{"Plaintext":-1,"TLS":-1}}"#)
            writer.endObject()
        }
    }

    /// The settings that clients are known to read.
    private func debugConfig(_ writer: inout JSONWriter) {
        let identity = context.identity
        let port = identity.dnsAddresses.lazy.compactMap { ProbeTarget($0)?.port }.first
        writer.beginObject()
        writer.field("ConnectEnabled", false)
        writer.field("DNSAddrs", identity.dnsAddresses.flatMap { ["tcp://\($0)", "udp://\($0)"] })
        writer.field("DNSDomain", identity.domain)
        writer.field("DNSPort", port ?? -1)
        writer.field("Datacenter", identity.datacenter)
        writer.field("EnableDebug", false)
        writer.field("GRPCPort", -1)
        writer.field("GRPCTLSPort", -1)
        writer.field("NodeID", identity.nodeID)
        writer.field("NodeName", identity.nodeName)
        writer.field("ServerMode", true)
        writer.endObject()
    }

    /// `GET agent/members`: the servers.
    func agentMembers(_ request: ConsulRequest) throws(APIError) -> ConsulReply {
        let filter = try request.filter(.member)
        let all = servers
        let visible = all.filter { request.authorizer.allows(.nodeRead($0.name)) }
        let members = try filter?.kept(visible.map(member)) ?? visible.map(member)
        var reply = ConsulReply.json(for: request) { writer in
            writer.beginArray()
            for member in members { writer.member(member) }
            writer.endArray()
        }
        if visible.count < all.count { reply.tellFiltered(for: request) }
        return reply
    }

    /// The servers of the cluster, or this one where it stands alone.
    var servers: [ServerPresence] { context.servers?() ?? [ownPresence] }

    private var ownPresence: ServerPresence {
        let identity = context.identity
        return ServerPresence(
            name: identity.nodeName,
            id: identity.nodeID,
            address: identity.address,
            isAlive: true,
            isLeader: true
        )
    }

    private func member(_ server: ServerPresence) -> MemberView {
        var member = MemberView(
            name: server.name,
            address: server.address,
            port: Self.gossipPort,
            tags: [
                "build": Self.compatibleVersion, "dc": context.identity.datacenter,
                "id": server.id, "port": String(Self.serverPort), "role": "consul",
            ]
        )
        // Consul's numbers for alive and failed.
        member.status = server.isAlive ? 1 : 4
        return member
    }

    /// `GET status/leader`; empty when nobody leads.
    func leader(_ request: ConsulRequest) throws(APIError) -> ConsulReply {
        let leader = servers.first(where: \.isLeader)
        return .json(for: request) { $0.string(leader.map { serverAddress($0.address) } ?? "") }
    }

    /// `GET status/peers`.
    func peers(_ request: ConsulRequest) throws(APIError) -> ConsulReply {
        let addresses = servers.map { serverAddress($0.address) }
        return .json(for: request) { $0.strings(addresses) }
    }

    func serverAddress(_ address: String) -> String {
        HostKind(address) == .ipv6
            ? "[\(address)]:\(Self.serverPort)" : "\(address):\(Self.serverPort)"
    }
}
