internal import ServiceCatalog

/// A cluster of one server, in the words of `operator/…`.
extension ConsulAPI {
    /// `GET operator/raft/configuration`: this server alone, which leads.
    func raftConfiguration(_ request: ConsulRequest) throws(APIError) -> ConsulReply {
        let identity = context.identity
        let index = context.keeper.read { $0.index }
        return .json(for: request) { writer in
            writer.beginObject()
            writer.key("Servers")
            writer.beginArray()
            writer.beginObject()
            writer.field("ID", identity.nodeID)
            writer.field("Node", identity.nodeName)
            writer.field("Address", serverAddress)
            writer.field("Leader", true)
            writer.field("ProtocolVersion", "3")
            writer.field("Voter", true)
            writer.field("LastIndex", index)
            writer.endObject()
            writer.endArray()
            writer.field("Index", index)
            writer.endObject()
        }
    }

    /// `GET operator/autopilot/health`: a server that answers is a healthy one, and none may fail.
    func autopilotHealth(_ request: ConsulRequest) throws(APIError) -> ConsulReply {
        let identity = context.identity
        let index = context.keeper.read { $0.index }
        return .json(for: request) { writer in
            writer.beginObject()
            writer.field("Healthy", true)
            writer.field("FailureTolerance", 0)
            writer.key("Servers")
            writer.beginArray()
            writer.beginObject()
            writer.field("ID", identity.nodeID)
            writer.field("Name", identity.nodeName)
            writer.field("Address", serverAddress)
            writer.field("SerfStatus", "alive")
            writer.field("Version", Self.compatibleVersion)
            writer.field("Leader", true)
            writer.field("LastContact", "0s")
            writer.field("LastTerm", 1)
            writer.field("LastIndex", index)
            writer.field("Healthy", true)
            writer.field("Voter", true)
            writer.field("StableSince", "0001-01-01T00:00:00Z")
            writer.endObject()
            writer.endArray()
            writer.endObject()
        }
    }
}
