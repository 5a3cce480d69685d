/// A server as `agent/members` shows it.
struct MemberView: Hashable, Sendable {
    var name: String
    var address: String
    var port: Int
    var tags: [String: String]
    /// Alive.
    var status = 1
    var protocolMin = 1
    var protocolMax = 5
    var protocolCurrent = 2
    var delegateMin = 2
    var delegateMax = 5
    var delegateCurrent = 4
}

extension JSONWriter {
    mutating func member(_ member: MemberView) {
        beginObject()
        field("Name", member.name)
        field("Addr", member.address)
        field("Port", member.port)
        field("Tags", member.tags, whenEmpty: "{}")
        field("Status", member.status)
        field("ProtocolMin", member.protocolMin)
        field("ProtocolMax", member.protocolMax)
        field("ProtocolCur", member.protocolCurrent)
        field("DelegateMin", member.delegateMin)
        field("DelegateMax", member.delegateMax)
        field("DelegateCur", member.delegateCurrent)
        endObject()
    }
}
