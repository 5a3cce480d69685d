internal import ServiceCatalog

extension JSONWriter {
    /// A key as `kv` and `txn` show it.
    mutating func keyValue(_ entry: KeyValueEntry, showsValue: Bool = true) {
        beginObject()
        field("LockIndex", entry.lockIndex)
        field("Key", entry.key)
        field("Flags", entry.flags)
        key("Value")
        if showsValue, !entry.value.bytes.isEmpty {
            base64(entry.value)
        } else {
            null()
        }
        if let session = entry.session { field("Session", session) }
        field("CreateIndex", entry.createIndex)
        field("ModifyIndex", entry.modifyIndex)
        endObject()
    }

    /// A session as `session/info` shows it.
    mutating func session(_ session: Session) {
        beginObject()
        field("ID", session.id)
        field("Name", session.name)
        field("Node", session.node)
        field("LockDelay", session.lockDelayMilliseconds * 1_000_000)
        field("Behavior", session.behavior.rawValue)
        field("TTL", session.ttlText)
        field("NodeChecks", session.nodeChecks)
        key("ServiceChecks")
        if session.serviceChecks.isEmpty {
            null()
        } else {
            beginArray()
            for check in session.serviceChecks {
                beginObject()
                field("ID", check)
                field("Namespace", "")
                endObject()
            }
            endArray()
        }
        field("CreateIndex", session.createIndex)
        field("ModifyIndex", session.modifyIndex)
        endObject()
    }
}
