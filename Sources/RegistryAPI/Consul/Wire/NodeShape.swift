internal import ServiceCatalog

extension JSONWriter {
    /// A node as `catalog/nodes` and `health/service` show it.
    mutating func node(_ node: Node) {
        beginObject()
        field("ID", node.id)
        field("Node", node.name)
        field("Address", node.address)
        field("Datacenter", node.datacenter)
        // Consul has no map here where none was given.
        field("TaggedAddresses", node.taggedAddresses, whenEmpty: "null")
        field("Meta", node.meta, whenEmpty: "null")
        field("CreateIndex", node.createIndex)
        field("ModifyIndex", node.modifyIndex)
        endObject()
    }
}
